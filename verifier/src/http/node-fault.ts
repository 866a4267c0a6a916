import type { Answer } from './node-answer.ts';

/**
 * Answers a fault where no framework's own exit can have it: one that goes on after an error would go past the check. It is told, and one
 * request does not end the process.
 */
export function answerFault(fault: unknown): Answer {
  // oxlint-disable-next-line no-console -- there is no framework whose log it could be
  console.error(fault);
  return { status: 500, headers: [], body: '' };
}
