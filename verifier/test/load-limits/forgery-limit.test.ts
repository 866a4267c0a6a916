import { describe, expect, test } from 'vitest';
import { forgeryLimits, limitForgeries, type ForgeryLimit } from '../../src/http/forgery-limit.ts';
import { Refused } from '../../src/refused.ts';
import { refusal } from '../compose/story.ts';

/** A limit whose clock a test moves, in seconds. */
function makeLimit() {
  const clock = { seconds: 1000 };
  const limit = limitForgeries(() => clock.seconds);
  return { clock, limit };
}

/** How many of so many forgeries are verified; the others are refused before. */
function flood(limit: ForgeryLimit, times: number, by: (i: number) => readonly [string | undefined, string]) {
  let verified = 0;
  for (let i = 0; i < times; i += 1) {
    try {
      const [address, key] = by(i);
      limit.require({ address, key });
      verified += 1;
      limit.failed({ address, key });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expect(error.code).toBe('too_many_forgeries');
    }
  }
  return verified;
}

function sign(limit: ForgeryLimit, address: string | undefined, key: string): void {
  limit.require({ address, key });
  limit.succeeded({ address, key });
}
/** Whether failures of this key from there are counted apart. */
function isKnown(limit: ForgeryLimit, address: string | undefined, key: string): boolean {
  return flood(limit, 10_000, () => [address, key]) >= known.burst;
}
const host = (i: number): string => `10.${String(i >> 16)}.${String((i >> 8) & 255)}.${String(i & 255)}`;
const { network, key: ofKey, all, known, knownFor, longestDebt } = forgeryLimits;

describe('Of forgeries', () => {
  test("a network's failures are counted over all keys", () => {
    const { limit, clock } = makeLimit();
    expect(flood(limit, 10_000, (i) => ['192.0.2.1', `key-${String(i)}`])).toBe(network.burst);
    clock.seconds += 1;
    expect(flood(limit, 10_000, (i) => ['192.0.2.1', `key-${String(i)}`])).toBe(network.perSecond);
    expect(flood(limit, 10_000, (i) => ['192.0.2.2', `key-${String(i)}`])).toBe(network.burst);
  });

  test("a key's failures are counted over all networks", () => {
    const { limit, clock } = makeLimit();
    expect(flood(limit, 10_000, (i) => [host(i), 'key'])).toBe(ofKey.burst);
    clock.seconds += 1;
    expect(flood(limit, 10_000, (i) => [host(i), 'key'])).toBe(ofKey.perSecond);
    const { members } = refusal('too_many_forgeries', () =>
      limit.require({ address: '192.0.2.1', key: 'key' }),
    );
    expect(members).toEqual({ retryAfter: 1 });
  });

  test('all failures are counted together, whatever they name and wherever they come from', () => {
    const { limit, clock } = makeLimit();
    expect(flood(limit, 10_000, (i) => [host(i), `key-${String(i)}`])).toBe(all.burst);
    clock.seconds += 1;
    expect(flood(limit, 10_000, (i) => [host(i), `key-${String(i)}`])).toBe(all.perSecond);
  });

  test('where no address is known, the key and all are counted', () => {
    const { limit } = makeLimit();
    expect(flood(limit, 10_000, () => [undefined, 'key'])).toBe(ofKey.burst);
    expect(flood(limit, 10_000, (i) => [undefined, `key-${String(i)}`])).toBe(all.burst - ofKey.burst);
  });

  test('an IPv6 network counts as one, and an IPv4 address is the same in both spellings', () => {
    const { limit } = makeLimit();
    expect(flood(limit, 1000, (i) => [`2001:db8::${i.toString(16)}`, `key-${String(i)}`])).toBe(
      network.burst,
    );
    expect(
      flood(limit, 1000, (i) => [i % 2 === 0 ? '192.0.2.1' : '::ffff:192.0.2.1', `k-${String(i)}`]),
    ).toBe(network.burst);
  });

  test('in the long run there are so many a second, however they come', () => {
    const { limit, clock } = makeLimit();
    let verified = 0;
    for (let tick = 0; tick < 240; tick += 1) {
      clock.seconds += 0.25;
      verified += flood(limit, 50, () => ['192.0.2.1', 'key']);
    }
    expect(verified).toBe(network.burst + (60 - 0.25) * network.perSecond);
  });
});

describe('A key that signed correctly from a network', () => {
  test('is not kept out by a flood in its name from elsewhere, nor by one of other keys from there', () => {
    const { limit } = makeLimit();
    sign(limit, '192.0.2.1', 'key');
    flood(limit, 10_000, (i) => [host(i), 'key']);
    flood(limit, 10_000, () => ['192.0.2.1', 'other']);
    flood(limit, 10_000, (i) => [host(i), `key-${String(i)}`]);
    refusal('too_many_forgeries', () => limit.require({ address: '192.0.2.2', key: 'key' }));
    refusal('too_many_forgeries', () => limit.require({ address: '192.0.2.1', key: 'other' }));
    for (let i = 0; i < 10_000; i += 1) sign(limit, '192.0.2.1', 'key');
  });

  test('has a share of its own for what fails in its name there, and takes nobody else any', () => {
    const { limit, clock } = makeLimit();
    sign(limit, '192.0.2.1', 'key');
    expect(flood(limit, 10_000, () => ['192.0.2.1', 'key'])).toBe(known.burst);
    clock.seconds += 1;
    expect(flood(limit, 10_000, () => ['192.0.2.1', 'key'])).toBe(known.perSecond);
    expect(flood(limit, 10_000, () => ['192.0.2.2', 'key'])).toBe(network.burst);
  });

  test('is known for an hour from its last good signature', () => {
    for (const [seconds, expected] of [
      [knownFor - 1, true],
      [knownFor, false],
    ] as const) {
      const { limit, clock } = makeLimit();
      sign(limit, '192.0.2.1', 'key');
      for (let minutes = 0; minutes < 300; minutes += 5) {
        clock.seconds += 300;
        sign(limit, '192.0.2.1', 'key');
      }
      clock.seconds += seconds;
      expect(isKnown(limit, '192.0.2.1', 'key')).toBe(expected);
    }
  });

  test('is known there alone, and where no address is known it is known by itself', () => {
    const { limit } = makeLimit();
    sign(limit, undefined, 'key');
    expect(isKnown(limit, '192.0.2.1', 'key')).toBe(false);
    expect(isKnown(limit, undefined, 'other')).toBe(false);
    expect(isKnown(limit, undefined, 'key')).toBe(true);
  });
});

describe('What is under way', () => {
  test('at once is verified, however much it is, while nothing has failed', () => {
    const { limit } = makeLimit();
    const source = { address: '192.0.2.1', key: 'key' };
    for (let i = 0; i < 5000; i += 1) limit.require(source);
    for (let i = 0; i < 5000; i += 1) limit.succeeded(source);
    expect(isKnown(limit, '192.0.2.1', 'key')).toBe(true);
  });

  test('and fails is made up for, within bounds', () => {
    const { limit, clock } = makeLimit();
    const source = { address: '192.0.2.1', key: 'key' };
    for (let i = 0; i < 1200; i += 1) limit.require(source);
    for (let i = 0; i < 1200; i += 1) limit.failed(source);
    const { members } = refusal('too_many_forgeries', () =>
      limit.require({ address: '192.0.2.1', key: 'key' }),
    );
    expect(members).toEqual({ retryAfter: 11 });
    clock.seconds += 10;
    refusal('too_many_forgeries', () => limit.require({ address: '192.0.2.1', key: 'key' }));
    clock.seconds += 0.02;
    limit.require({ address: '192.0.2.1', key: 'key' });

    const other = { address: '192.0.2.9', key: 'nine' };
    for (let i = 0; i < 100_000; i += 1) limit.require(other);
    for (let i = 0; i < 100_000; i += 1) limit.failed(other);
    clock.seconds += longestDebt + 1;
    limit.require({ address: '192.0.2.9', key: 'nine' });
  });
});

describe('Memory', () => {
  test('is bounded: of more networks, keys and pairs than are counted, the ones counted longest ago are forgotten', () => {
    const { limit, clock } = makeLimit();
    for (let i = 0; i < known.most + 1; i += 1) sign(limit, host(i), 'key');
    expect(isKnown(limit, host(1), 'key')).toBe(true);
    expect(isKnown(limit, host(known.most), 'key')).toBe(true);
    expect(isKnown(limit, host(0), 'key')).toBe(false);
    clock.seconds += 100 * longestDebt;

    expect(flood(limit, 300, (i) => ['192.0.2.1', `a-${String(i)}`])).toBe(network.burst);
    for (let i = 0; i < network.most; i += 1) {
      clock.seconds += 0.001;
      limit.failed({ address: host(i), key: `b-${String(i)}` });
    }
    clock.seconds += 100 * longestDebt;
    expect(flood(limit, 300, (i) => ['192.0.2.1', `c-${String(i)}`])).toBe(network.burst);
  });
});
