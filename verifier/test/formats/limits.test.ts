import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  isLabel,
  isOrigin,
  isTime,
  parsePublicKey,
  parseRsaKey,
  sha256Hex,
  sha512Hex,
  timeOf,
  toBase64url,
} from '../../src/formats.ts';
import { refusal } from '../compose/story.ts';

describe('Values at their limits', () => {
  test('a label of 120 characters is one, whatever they are; one of 121 is none', () => {
    for (const character of ['a', 'é', '受', '\u{1f4e6}']) {
      expect(isLabel(character.repeat(120)), character).toBe(true);
      expect(isLabel(character.repeat(121)), character).toBe(false);
    }
  });

  test('an origin has at most 300 characters', () => {
    const ofLength = (length: number): string => `https://${'a.'.repeat(200).slice(0, length - 9)}b`;
    expect([300, 301].map((length) => ofLength(length).length)).toEqual([300, 301]);
    expect(isOrigin(ofLength(300))).toBe(true);
    expect(isOrigin(ofLength(301))).toBe(false);
  });

  test('months have as many days as they have', () => {
    const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days.forEach((last, index) => {
      const month = String(index + 1).padStart(2, '0');
      expect(isTime(`2030-${month}-${last}T00:00:00Z`), month).toBe(true);
      expect(isTime(`2030-${month}-${last + 1}T00:00:00Z`), month).toBe(false);
    });
  });

  test('times begin with 1970', () => {
    expect(timeOf(0)).toBe('1970-01-01T00:00:00Z');
    expect(timeOf(1)).toBe('1970-01-01T00:00:01Z');
    expect(timeOf(0)).toBe('1970-01-01T00:00:00Z');
  });

  test('a time is the whole text', () => {
    for (const more of ['x', ' ', '\n', '-', '1', '2030-01-01T00:00:00Z'])
      expect(isTime(`${more}2030-01-01T00:00:00Z`), JSON.stringify(more)).toBe(false);
  });

  test('SHA-256 is written as 64 lower-case hexadecimal digits, SHA-512 as 128', () => {
    const bytes = new TextEncoder().encode('abc');
    expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(sha512Hex(bytes)).toBe(createHash('sha512').update(bytes).digest('hex'));
  });

  test('a coordinate is the whole text', () => {
    const x = 'A'.repeat(43);
    const jwk = { crv: 'P-256', kty: 'EC', x, y: x };
    expect(parsePublicKey(jwk)).toEqual(jwk);
    for (const more of [`A${x}`, `${x}A`, `\n${x}`, `${x}\n`])
      refusal('key_malformed', () => parsePublicKey({ ...jwk, x: more }));
  });
});

describe('An RSA key', () => {
  const key = (modulus: number, exponent: readonly number[], first = 0x80) => {
    const n = new Uint8Array(modulus).fill(0xff);
    n[0] = first;
    return { e: toBase64url(Uint8Array.from(exponent)), kty: 'RSA', n: toBase64url(n) };
  };
  const usual = [1, 0, 1];

  test('has a modulus of 2048 to 4096 bits, written without a zero before it', () => {
    for (const size of [256, 257, 512]) expect(parseRsaKey(key(size, usual)).kty).toBe('RSA');
    for (const size of [255, 513]) refusal('key_malformed', () => parseRsaKey(key(size, usual)));
    refusal('key_malformed', () => parseRsaKey(key(257, usual, 0)));
    // 2047 bits stand in 256 bytes too; 2049 need one more, of which one bit is enough.
    refusal('key_malformed', () => parseRsaKey(key(256, usual, 0x7f)));
    expect(parseRsaKey(key(257, usual, 1)).kty).toBe('RSA');
  });

  test('has an odd exponent above 2 of at most four bytes, written without a zero before it', () => {
    for (const exponent of [[3], usual, [0xff, 0xff, 0xff, 0xff]])
      expect(parseRsaKey(key(256, exponent)).kty).toBe('RSA');
    for (const exponent of [[0], [1], [2], [4], [1, 0], [0, 3], [0, 1, 0, 1], [1, 0, 0, 0, 1]])
      refusal('key_malformed', () => parseRsaKey(key(256, exponent)));
    refusal('key_malformed', () => parseRsaKey({ ...key(256, usual), e: '' }));
  });
});
