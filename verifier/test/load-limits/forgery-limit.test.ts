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
      const suspect = limit.require(...by(i));
      verified += 1;
      limit.failed(suspect);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      expect(error.code).toBe('too_many_forgeries');
    }
  }
  return verified;
}

const sign = (limit: ForgeryLimit, address: string | undefined, key: string): void =>
  limit.succeeded(limit.require(address, key));
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
    const { members } = refusal('too_many_forgeries', () => limit.require('192.0.2.1', 'key'));
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
    refusal('too_many_forgeries', () => limit.require('192.0.2.2', 'key'));
    refusal('too_many_forgeries', () => limit.require('192.0.2.1', 'other'));
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
    const { limit, clock } = makeLimit();
    const isKnown = (): boolean => limit.require('192.0.2.1', 'key').isKnown;
    expect(isKnown()).toBe(false);
    sign(limit, '192.0.2.1', 'key');
    for (let minutes = 0; minutes < 300; minutes += 5) {
      clock.seconds += 300;
      sign(limit, '192.0.2.1', 'key');
    }
    expect(isKnown()).toBe(true);
    clock.seconds += knownFor - 1;
    expect(isKnown()).toBe(true);
    clock.seconds += 1;
    expect(isKnown()).toBe(false);
  });

  test('is known there alone, and where no address is known it is known by itself', () => {
    const { limit } = makeLimit();
    sign(limit, undefined, 'key');
    expect(limit.require(undefined, 'key').isKnown).toBe(true);
    expect(limit.require('192.0.2.1', 'key').isKnown).toBe(false);
    expect(limit.require(undefined, 'other').isKnown).toBe(false);
  });
});

describe('What is under way', () => {
  test('at once is verified, however much it is, while nothing has failed', () => {
    const { limit } = makeLimit();
    const begun = Array.from({ length: 5000 }, () => limit.require('192.0.2.1', 'key'));
    for (const suspect of begun) limit.succeeded(suspect);
    expect(limit.require('192.0.2.1', 'key').isKnown).toBe(true);
  });

  test('and fails is made up for, within bounds', () => {
    const { limit, clock } = makeLimit();
    const begun = Array.from({ length: 1200 }, () => limit.require('192.0.2.1', 'key'));
    for (const suspect of begun) limit.failed(suspect);
    const { members } = refusal('too_many_forgeries', () => limit.require('192.0.2.1', 'key'));
    expect(members).toEqual({ retryAfter: 11 });
    clock.seconds += 10;
    refusal('too_many_forgeries', () => limit.require('192.0.2.1', 'key'));
    clock.seconds += 0.02;
    limit.require('192.0.2.1', 'key');

    const more = Array.from({ length: 100_000 }, () => limit.require('192.0.2.9', 'nine'));
    for (const suspect of more) limit.failed(suspect);
    clock.seconds += longestDebt + 1;
    limit.require('192.0.2.9', 'nine');
  });
});

describe('Memory', () => {
  test('is bounded: of more networks, keys and pairs than are counted, the ones counted longest ago are forgotten', () => {
    const { limit, clock } = makeLimit();
    for (let i = 0; i < known.most + 1; i += 1) sign(limit, host(i), 'key');
    expect(limit.require(host(0), 'key').isKnown).toBe(false);
    expect(limit.require(host(1), 'key').isKnown).toBe(true);
    expect(limit.require(host(known.most), 'key').isKnown).toBe(true);

    expect(flood(limit, 300, (i) => ['192.0.2.1', `a-${String(i)}`])).toBe(network.burst);
    for (let i = 0; i < network.most; i += 1) {
      clock.seconds += 0.001;
      limit.failed({ network: host(i), key: `b-${String(i)}`, pair: '', isKnown: false });
    }
    clock.seconds += 100 * longestDebt;
    expect(flood(limit, 300, (i) => ['192.0.2.1', `c-${String(i)}`])).toBe(network.burst);
  });
});
