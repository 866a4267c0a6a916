import { describe, expect, test } from 'vitest';
import { readFloor, timeOf, writeFloor, type Revocation } from '../../src/formats.ts';
import { openedAt, refusal, tellStory } from '../compose/story.ts';

describe('What was loaded is never forgotten, however much of it there is', () => {
  test('a floor holds more revocations than one document can list, and is read back whole', () => {
    const { nextFloor } = openedAt(tellStory());
    const through = timeOf(nextFloor.signedAt);
    const revocations = new Map<string, Revocation>();
    for (let i = 0; i < 200_001; i += 1) {
      const digest = i.toString(16).padStart(64, '0');
      revocations.set(`artifact ${digest}`, { subject: { kind: 'artifact', digest }, through });
    }
    expect(readFloor(writeFloor({ ...nextFloor, revocations }))?.revocations.size).toBe(200_001);
  }, 180_000);

  test('a floor that could not be read back is refused before it is written', () => {
    const { nextFloor } = openedAt(tellStory());
    const root = nextFloor.roles.get('root');
    if (root === undefined) throw new Error('no root');
    const roles = new Map(nextFloor.roles);
    roles.set('root', { ...root, keys: Array.from({ length: 1_010_000 }, () => root.digest) });
    refusal('too_large', () => writeFloor({ ...nextFloor, roles }));
  });
});
