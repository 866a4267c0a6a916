import { createHash } from 'node:crypto';
import { fingerprint } from '@appwarrant/verifier/formats';
import { expect, test } from 'vitest';
import { inGroups } from '../src/elements/fingerprint.ts';

test('Pages and ceremony write the fingerprint of a key alike, so that it can be compared aloud', () => {
  for (let i = 0; i < 200; i += 1) {
    const thumbprint = createHash('sha256').update(`key ${i}`).digest('base64url');
    expect(inGroups(thumbprint)).toBe(fingerprint(thumbprint));
  }
});
