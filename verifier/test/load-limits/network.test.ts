import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { networkOf } from '../../src/http/network.ts';

describe('The network of an address', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:0:2::7', '2001:db8:0:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:3:4::6', '2001:db8:1:2::/64'],
    ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1::2:3:4:5', '2001:db8:1:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test.each(['', 'unknown', '1.2.3', '1::2::3', 'x::1', '::ffff:1.2.3', '%', ':', '::::', ':::::::::'])(
    'of %s, which is no address, is some network all the same',
    (address) => {
      expect(networkOf(address)).toBe(networkOf(address));
      expect(networkOf(address)).not.toBe(null);
    },
  );

  test('is the same for all that differ in the last 64 bits alone, and another for all others', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((number) => number.toString(16));
    const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
    fc.assert(
      fc.property(half, half, half, half, (one, other, a, b) => {
        expect(networkOf(`${one}:${a}`)).toBe(networkOf(`${one}:${b}`));
        if (one !== other) expect(networkOf(`${one}:${a}`)).not.toBe(networkOf(`${other}:${a}`));
      }),
    );
  });

  test('that is not known is none', () => {
    expect(networkOf(undefined)).toBe(null);
  });

  test('is short and found at once, whatever the address is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.%]{0,200}$/)), (address) => {
        expect(networkOf(address)?.length).toBeLessThanOrEqual(80);
      }),
      { numRuns: 1000 },
    );
    expect(networkOf(':'.repeat(1_000_000))?.length).toBeLessThanOrEqual(80);
  });
});
