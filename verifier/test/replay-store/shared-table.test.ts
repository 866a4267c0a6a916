import { createHash } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { claimIn, slotsFor } from '../../src/replay-store/local-store.ts';
import { clockTolerance } from '../../src/replay-store/replay-store.ts';
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

  test('of two buckets takes one id for every slot, because each id may lie in either', () => {
    const table = openTable(createTable(32, now));
    const answers = Array.from({ length: 40 }, (_, i) => table.take(hashOf(`two ${String(i)}`), 60, now));
    expect(answers).toEqual([...Array<string>(32).fill('first'), ...Array<string>(8).fill('full')]);
  });

  test('tells ids apart by each of the bits that it keeps', () => {
    const table = openTable(createTable(16, now));
    const id = (at: number): Uint8Array => new Uint8Array(32).fill(1, at, at + 1);
    // Without the first four bytes, which say where an id lies: there is one bucket.
    for (const at of [4, 5, 6, 7, 8, 9]) expect(table.take(id(at), 60, now)).toBe('first');
    for (const at of [4, 5, 6, 7, 8, 9]) expect(table.take(id(at), 60, now)).toBe('used');
  });

  test('keeps an id to the end of the step in which its time ends, and not a second longer', () => {
    const table = openTable(createTable(64, now));
    expect(table.take(hashOf('a'), 80, now)).toBe('first');
    expect(table.take(hashOf('a'), 80, now + 87)).toBe('used');
    expect(table.take(hashOf('a'), 80, now + 88)).toBe('first');
  });

  // Threads do this rarely; here the other one takes the id just before the first one writes it.
  test('gives an id to one of two that write it at once, though they write it into two slots', () => {
    const buffer = createTable(16, now);
    const [one, other] = [openTable(buffer), openTable(buffer)];
    // The last slot: free for one of them, and not yet for the other, whose clock is behind.
    expect(one.take(hashOf('short'), 8, now)).toBe('first');
    const exchange = Atomics.compareExchange.bind(Atomics) as (...all: unknown[]) => bigint;
    const spy = vi.spyOn(Atomics, 'compareExchange') as unknown as {
      mockImplementationOnce: (act: (...all: unknown[]) => bigint) => void;
      mockRestore: () => void;
    };
    spy.mockImplementationOnce((...all) => {
      expect(other.take(hashOf('a'), 90, now)).toBe('first');
      return exchange(...all);
    });
    expect(one.take(hashOf('a'), 90, now + 16)).toBe('used');
    spy.mockRestore();
  });

  test('takes nothing before its time, or after it', () => {
    const begun = now - 180 * 86_400;
    const end = begun + (2 ** 24 - 1) * 8;
    const table = openTable(createTable(64, now));
    expect(table.take(hashOf('a'), 60, begun + 8)).toBe('first');
    expect(table.take(hashOf('b'), 60, begun - 1)).toBe('later');
    expect(table.take(hashOf('c'), 60, end - 60)).toBe('first');
    expect(table.take(hashOf('d'), 60, end - 59)).toBe('later');
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

test.each<[string, unknown]>([
  ['nothing', null],
  ['an object', {}],
  ['memory that is not shared', new ArrayBuffer(16)],
  ['memory that is shorter than a head', new SharedArrayBuffer(8)],
  ['memory of nobody', new SharedArrayBuffer(16 + 128)],
  ['memory of that size with another beginning', withHead([0x41577232, 1])],
  ['memory with another number of buckets', withHead([0x41577231, 2])],
])('A table is not %s', (_, buffer) => {
  expect(isTable(buffer)).toBe(false);
  expect(isTable(withHead([0x41577231, 1]))).toBe(true);
});

/** Memory of the size of one bucket, with these words at its beginning. */
function withHead(words: readonly number[]): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(16 + 16 * 8);
  new Uint32Array(buffer).set(words);
  return buffer;
}

describe('A claim on a table', () => {
  const id = createHash('sha256').update('a').digest('base64url');
  const claimed = (taken: string, apart = 0) => {
    const given: unknown[][] = [];
    const take = (...all: unknown[]) => {
      given.push(all);
      return taken as 'first';
    };
    vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 });
    try {
      return { said: claimIn({ take }, id, 60, now + apart), given };
    } finally {
      vi.useRealTimers();
    }
  };

  test('gives the digest itself, for that long, by the clock of this machine', () => {
    expect(claimed('first', 7)).toEqual({ said: 'first', given: [[hashOf('a'), 60, now]] });
    expect(claimed('used').said).toBe('used');
  });

  test('says what to do where there is no room, or no time', () => {
    expect(() => claimed('full')).toThrow('create it with more requestsPerSecond');
    expect(() => claimed('later')).toThrow('start the server again');
  });

  test('bears clocks that are so much apart, and no more', () => {
    for (const apart of [clockTolerance, -clockTolerance]) expect(claimed('first', apart).said).toBe('first');
    for (const apart of [clockTolerance + 1, -clockTolerance - 1])
      expect(() => claimed('first', apart)).toThrow(`${String(clockTolerance + 1)} s away`);
  });
});

test('A table has room for a million requests a second at most', () => {
  expect(slotsFor(1_000_000)).toBe(Math.ceil(180_000_000 / 0.85));
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
