import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createTable, isTable, openTable } from '../../src/replay-store/shared-table.ts';
import { createSharedReplay, sharedReplayStore, type SharedReplay } from '../../src/replay-store/threads.ts';

const now = 1_795_338_000;
const hashOf = (text: string): Uint8Array => createHash('sha256').update(text).digest();

describe('a table in shared memory', () => {
  test('gives an id to the one who takes it first, in every view of it, for as long as was said', () => {
    const buffer = createTable(1024, now);
    const [one, other] = [openTable(buffer), openTable(buffer)];
    expect(one.take(hashOf('a'), 90, now)).toBe('first');
    expect(other.take(hashOf('a'), 90, now)).toBe('used');
    expect(other.take(hashOf('b'), 90, now)).toBe('first');
    expect(one.take(hashOf('a'), 90, now + 90)).toBe('used');
    expect(one.take(hashOf('a'), 90, now + 106)).toBe('first');
  });

  test('forgets nothing that is live when it is full, and has room again when that has ended', () => {
    const table = openTable(createTable(64, now));
    const answers = Array.from({ length: 500 }, (_, i) => table.take(hashOf(String(i)), 60, now));
    expect(answers.filter((answer) => answer === 'first').length).toBeGreaterThan(40);
    expect(new Set(answers)).toEqual(new Set(['first', 'full']));
    answers.forEach((answer, i) =>
      expect(table.take(hashOf(String(i)), 60, now + 50)).toBe(answer === 'first' ? 'used' : 'full'),
    );
    expect(table.take(hashOf('later'), 60, now + 80)).toBe('first');
  });

  test('holds nearly as many as it has slots', () => {
    const slots = 16 * 256;
    const table = openTable(createTable(slots, now));
    let held = 0;
    while (table.take(hashOf(`x${String(held)}`), 60, now) === 'first') held += 1;
    expect(held / slots).toBeGreaterThan(0.85);
  });

  test('takes nothing beyond its time', () => {
    const table = openTable(createTable(64, now));
    expect(table.take(hashOf('a'), 60, now - 179 * 86_400)).toBe('first');
    expect(table.take(hashOf('b'), 60, now - 181 * 86_400)).toBe('later');
    expect(table.take(hashOf('c'), 60, now + 4 * 365 * 86_400)).toBe('later');
  });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['memory of somebody else', { type: 'appwarrant/shared-replay/1', buffer: new SharedArrayBuffer(144) }],
  ['memory that is not shared', { type: 'appwarrant/shared-replay/1', buffer: new ArrayBuffer(144) }],
  ['memory that was cut', { type: 'appwarrant/shared-replay/1', buffer: createTable(64, now).slice(0, 64) }],
  ['another handle', { ...createSharedReplay({ requestsPerSecond: 1 }), type: 'appwarrant/shared-replay/2' }],
])('A store is made of what createSharedReplay gave, and not of %s', (_, shared) => {
  expect(() => sharedReplayStore(shared as SharedReplay)).toThrow(TypeError);
});

test('Nobody makes a table for no requests, or for more than there are', () => {
  expect(isTable(createSharedReplay().buffer)).toBe(true);
  // 180 s of them, with a table that is 85 % full.
  expect(createSharedReplay({ requestsPerSecond: 85 }).buffer.byteLength).toBe(16 + 1125 * 16 * 8);
  expect(() => createSharedReplay({ requestsPerSecond: 1_000_001 })).toThrow(TypeError);
  for (const requestsPerSecond of [0, -1, Number.NaN, 1e7])
    expect(() => createSharedReplay({ requestsPerSecond })).toThrow(TypeError);
});

test('A store takes ids that are digests, by a clock that is right', async () => {
  const store = sharedReplayStore(createSharedReplay({ requestsPerSecond: 1 }));
  const here = Math.floor(Date.now() / 1000);
  const id = createHash('sha256').update('a').digest('base64url');
  for (const odd of ['short', `${id}A`, `A${id}`])
    await expect(store.claim(odd, 60, here)).rejects.toThrow('digest');
  await expect(store.claim(id, 60, here + 33)).rejects.toThrow('set the clock');
  await expect(store.claim(id, 60, here - 33)).rejects.toThrow('set the clock');
  expect(await store.claim(id, 60, here)).toBe('first');
  for (let i = 0; ; i += 1) {
    const next = store.claim(createHash('sha256').update(String(i)).digest('base64url'), 60, here);
    const said = await next.catch((error: Error) => error.message);
    if (said.includes('more requestsPerSecond')) break;
    expect(i).toBeLessThan(1000);
  }
});
