import { reasonCodes } from '@appwarrant/verifier';
import { expect, test } from 'vitest';

import { Problem } from '../src/problem.ts';
import { PROBLEMS } from '../src/problems.ts';

test('codes are lower snake case, with an error status and a title', () => {
  for (const [code, { status, title }] of PROBLEMS) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(title).not.toMatch(/\.$/);
  }
});

test('no code is also a reason of the verifier', () => {
  const reasons = new Set<string>(reasonCodes);
  expect([...PROBLEMS.keys()].filter((code) => reasons.has(code))).toEqual([]);
});

test('a problem is a document of RFC 9457', () => {
  const errors = [{ at: 'body.name', message: 'is missing' }];
  expect(new Problem('input_invalid', 'Say a name.', { errors }).document()).toEqual({
    type: 'urn:appwarrant:input_invalid',
    title: 'Something in the request is missing or wrong',
    status: 422,
    code: 'input_invalid',
    detail: 'Say a name.',
    errors,
  });
});
