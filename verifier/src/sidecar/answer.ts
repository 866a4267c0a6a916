import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessHeaders } from '../http/browser-access.ts';
import { drainBody, endsConnection } from '../http/drain-body.ts';
import { sendAnswer } from '../http/node-answer.ts';
import { answerTo, type ProblemAnswer } from '../http/problem.ts';
import type { Refused } from '../refused.ts';
import type { Sidecar } from './sidecar.ts';

/** The answer to a refusal. A server that is too slow is 504, as HTTP has it, and one that is not there 502. */
export function problemOf(refused: Refused): ProblemAnswer {
  const answer = answerTo(refused);
  if (refused.code !== 'upstream_unavailable' || refused.members.timeout !== true) return answer;
  const body = JSON.stringify({ ...(JSON.parse(answer.body) as object), status: 504 });
  return { ...answer, status: 504, body };
}

/** How long a sender who has had his answer may go on with his body: milliseconds. */
const patience = 5000;

/**
 * Answers a refused request; an answer that has begun is torn off, so that nobody takes it for whole. Only where nothing more is to come,
 * or nobody knows where the message ends, the answer announces the end of the connection: that makes Caddy 2.6 forget its client (`drainBody`).
 */
export async function refuse(
  sidecar: Sidecar,
  request: IncomingMessage,
  response: ServerResponse,
  refused: Refused,
  access: AccessHeaders = [],
): Promise<void> {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const isLast = endsConnection.has(refused.code);
  if (!isLast) await drainBody(request, response);
  if (sidecar.isEnding() || isLast) response.shouldKeepAlive = false;
  const { status, headers, body } = problemOf(refused);
  const text = request.method === 'HEAD' ? '' : body;
  endInTime(request, response);
  sendAnswer(response, { status, headers: [...access, ...headers], body: text });
}

/** Has whoever is answered before his body has come either end it in time, whatever comes until then, or lose the connection. */
export function endInTime(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const timer = setTimeout(() => void (request.complete || request.socket.destroy()), patience);
    request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
  });
}

/** Answers where this program itself has failed: without a word about what it was. */
export function fault(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else sendAnswer(response, { status: 500, headers: [['Connection', 'close']], body: '' });
}
