import { expect } from 'vitest';
import type { ReasonCode } from '../../src/reasons.ts';
import type { Answer } from '../http/socket.ts';

/** Expects the problem with this code, as SPEC §11 writes it. */
export function expectProblem(answer: Answer | undefined, status: number, code: ReasonCode) {
  expect(`${String(answer?.status)} ${answer?.body ?? ''}`).toContain(`"code":"${code}"`);
  const problem = JSON.parse(answer?.body ?? '') as Record<string, unknown>;
  expect(answer?.status).toBe(status);
  expect(answer?.headers.get('content-type')).toBe('application/problem+json');
  expect(answer?.headers.get('cache-control')).toBe('no-store');
  expect(problem).toMatchObject({ type: `urn:appwarrant:${code}`, status, code });
  expect(problem).toHaveProperty('title');
  expect(problem).toHaveProperty('detail');
  return problem;
}
