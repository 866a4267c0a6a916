import * as verifier from '@appwarrant/verifier/formats';
import { describe, expect, test } from 'vitest';

import { approvalChallenge, merkleRoot } from '../../src/approve/challenge.ts';
import { thumbprint } from '../../src/approve/fingerprint.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const leaves = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => bytes(`statement ${index}`));

describe('what the approving page has signed', () => {
  test.each([1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 200, 1024])(
    'is what the verifier computes over %i statements',
    async (count) => {
      const own = leaves(count);
      expect(hex(await merkleRoot(own))).toBe(hex(verifier.merkleRoot(own)));
      const theirs = verifier.approvalChallenge(verifier.merkleRoot(own));
      expect(hex(await approvalChallenge(own))).toBe(hex(theirs));
    },
  );

  test('differs when two statements change places', async () => {
    const [first, second, third] = leaves(3) as [Uint8Array, Uint8Array, Uint8Array];
    expect(await merkleRoot([first, third, second])).not.toEqual(await merkleRoot([first, second, third]));
  });

  test('is never over nothing', async () => {
    await expect(merkleRoot([])).rejects.toThrow(RangeError);
  });
});

test('a fingerprint is the thumbprint that the verifier computes', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const key = { crv: 'P-256', kty: 'EC', x, y } as const;
  expect(await thumbprint(key)).toBe(verifier.thumbprint(key));
});
