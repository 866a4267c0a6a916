import { describe, expect, test } from 'vitest';
import { forgeryLimits, limitForgeries } from '../../src/http/forgery-limit.ts';
import { networkOf } from '../../src/http/network.ts';
import { refusal } from '../compose/story.ts';

// What is forgotten of those who are counted (SPEC §10.12), and in which order.

const { known, network } = forgeryLimits;
const host = (i: number): string => `10.${String(i >> 16)}.${String((i >> 8) & 255)}.${String(i & 255)}`;

function makeLimit() {
  const clock = { seconds: 1000 };
  return { clock, limit: limitForgeries(() => clock.seconds) };
}

describe('Of those who are counted', () => {
  test('a key that signs again is not forgotten before one that has not', () => {
    const { limit, clock } = makeLimit();
    const source = (i: number) => ({ address: host(i), key: 'key' });
    for (let i = 0; i < known.most; i += 1) limit.succeeded(source(i));
    clock.seconds += 100;
    limit.succeeded(source(0));
    limit.succeeded(source(known.most));
    // Forged elsewhere in its name, it is kept out wherever it is not known.
    for (let i = 0; i < 1000; i += 1) limit.failed({ address: `192.0.2.${String(i % 250)}`, key: 'key' });
    for (const i of [0, 2, known.most]) expect(() => limit.require(source(i))).not.toThrow();
    refusal('too_many_forgeries', () => limit.require(source(1)));
  });

  test('a key is known for an hour from a good signature, which is written down once a minute at most', () => {
    const source = { address: '192.0.2.1', key: 'key' };
    for (const [apart, knownFor] of [
      [0, 3600],
      [59, 3600],
      [60, 3660],
      [61, 3661],
    ] as const) {
      const { limit, clock } = makeLimit();
      limit.succeeded(source);
      clock.seconds += apart;
      limit.succeeded(source);
      const isKnownAt = (seconds: number): boolean => {
        clock.seconds = 1000 + seconds;
        // In its name alone, from everywhere: who is not known is kept out.
        for (let i = 0; i < 1000; i += 1) limit.failed({ address: host(i), key: 'key' });
        try {
          limit.require(source);
          return true;
        } catch {
          return false;
        }
      };
      expect([knownFor - 1, knownFor].map(isKnownAt), String(apart)).toEqual([true, false]);
    }
  });

  test('a network is forgotten when too many others were counted after it, and not while it goes on', () => {
    for (const goesOn of [false, true]) {
      const { limit, clock } = makeLimit();
      const forger = (i: number) => ({ address: '192.0.2.1', key: `forger-${String(i)}` });
      for (let i = 0; i < 3300; i += 1) limit.failed(forger(i));
      for (let i = 0; i < network.most - 1; i += 1) limit.failed({ address: host(i), key: `k-${String(i)}` });
      if (goesOn) limit.failed(forger(3300));
      limit.failed({ address: '192.0.2.2', key: 'other' });
      clock.seconds += 20;
      if (goesOn) refusal('too_many_forgeries', () => limit.require(forger(-1)));
      else expect(() => limit.require(forger(-1))).not.toThrow();
    }
  });
});

describe('The network of an address', () => {
  test('is told by its first 64 characters', () => {
    const long = 'x'.repeat(64);
    expect(networkOf(`${long}a`)).toBe(networkOf(`${long}b`));
    expect(networkOf('x'.repeat(63))).not.toBe(networkOf(long.slice(0, 62)));
  });

  test('is an IPv4 address only where nothing but that stands behind zeros and ffff', () => {
    expect(networkOf('::ffff:192.0.2.7')).toBe('192.0.2.7');
    for (const other of ['2001:db8::ffff:192.0.2.7', '1::ffff:192.0.2.7', '::ffff:192.0.2.7:1'])
      expect(networkOf(other), other).not.toBe('192.0.2.7');
  });
});
