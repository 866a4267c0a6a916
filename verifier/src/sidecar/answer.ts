import type { IncomingMessage, ServerResponse } from 'node:http';
import { abandonBody } from '../http/abandon-body.ts';
import type { AccessHeaders } from '../http/browser-access.ts';
import { sendAnswer } from '../http/node-answer.ts';
import { answerTo, type ProblemAnswer } from '../http/problem.ts';
import type { Refused } from '../refused.ts';

/** The answer to a refusal. A server that is too slow is 504, as HTTP has it, and one that is not there 502. */
export function problemOf(refused: Refused): ProblemAnswer {
  const answer = answerTo(refused);
  if (refused.code !== 'upstream_unavailable' || refused.members.timeout !== true) return answer;
  const body = JSON.stringify({ ...(JSON.parse(answer.body) as object), status: 504 });
  return { ...answer, status: 504, body };
}

/** Answers a refused request; an answer that has begun is torn off, so that nobody takes it for whole. */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refused: Refused,
  access: AccessHeaders = [],
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, headers, body } = problemOf(refused);
  const text = request.method === 'HEAD' ? '' : body;
  abandonBody(request);
  sendAnswer(response, { status, headers: [...access, ...headers], body: text });
}

/** Answers where this program itself has failed: without a word about what it was. */
export function fault(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else sendAnswer(response, { status: 500, headers: [['Connection', 'close']], body: '' });
}
