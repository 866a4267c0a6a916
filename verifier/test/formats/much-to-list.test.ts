import { expect, test } from 'vitest';
import { parseRevocations, type JsonValue } from '../../src/formats.ts';
import { refusal } from '../compose/story.ts';

const revocations = (count: number): JsonValue =>
  Array.from({ length: count }, () => ({
    subject: { kind: 'statement', digest: 'a'.repeat(64) },
    through: '2030-01-01T00:00:00Z',
  }));

test('A document lists 200,000 revocations, and no more', () => {
  expect(parseRevocations(revocations(200_000))).toHaveLength(200_000);
  refusal('revocation_malformed', () => parseRevocations(revocations(200_001)));
  expect(parseRevocations(revocations(3), 3)).toHaveLength(3);
  refusal('revocation_malformed', () => parseRevocations(revocations(4), 3));
});
