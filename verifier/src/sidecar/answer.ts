import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccessHeaders } from '../http/browser-access.ts';
import { sendAnswer } from '../http/node-answer.ts';
import { answerTo, type ProblemAnswer } from '../http/problem.ts';
import { drainBody } from '../http/drain-body.ts';
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
 * Answers a refused request; an answer that has begun is torn off, so that nobody takes it for whole. A body that has not ended by then is
 * read on for a while: the answer must not announce the end of the connection, which makes Caddy 2.6 forget its client (see `drainBody`).
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
  await drainBody(request);
  if (sidecar.isEnding()) response.shouldKeepAlive = false;
  const { status, headers, body } = problemOf(refused);
  const text = request.method === 'HEAD' ? '' : body;
  if (!request.complete)
    response.once('finish', () => {
      const timer = setTimeout(() => request.socket.destroy(), patience);
      request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    });
  sendAnswer(response, { status, headers: [...access, ...headers], body: text });
}

/** Answers where this program itself has failed: without a word about what it was. */
export function fault(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else sendAnswer(response, { status: 500, headers: [['Connection', 'close']], body: '' });
}
