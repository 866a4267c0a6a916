import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importP256 } from '../../src/crypto.ts';
import {
  approvalChallenge,
  merklePath,
  merkleRoot,
  parsePublicKey,
  parseRsaKey,
  rootFromPath,
  thumbprint,
  toHex,
} from '../../src/formats.ts';
import { ecJwkOf } from '../compose/passkey.ts';
import { refusal } from '../compose/story.ts';

const rfc7638 = {
  e: 'AQAB',
  kty: 'RSA',
  n:
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj' +
    'hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ' +
    'vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK' +
    'nqDKgw',
} as const;

describe('A public key', () => {
  const jwk = ecJwkOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);

  test('has the thumbprint of RFC 7638', () => {
    expect(thumbprint(parseRsaKey(rfc7638))).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
    const text = `{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`;
    expect(thumbprint(jwk)).toBe(createHash('sha256').update(text).digest('base64url'));
  });

  test.each<[string, object]>([
    ['another curve', { ...jwk, crv: 'P-384' }],
    ['another type', { ...jwk, kty: 'OKP' }],
    ['a private half', { ...jwk, d: jwk.x }],
    ['an algorithm', { ...jwk, alg: 'ES256' }],
    ['no y', { crv: 'P-256', kty: 'EC', x: jwk.x }],
    ['a short x', { ...jwk, x: jwk.x.slice(1) }],
    ['a second spelling of x', { ...jwk, x: `${jwk.x.slice(0, 42)}B` }],
    ['padding', { ...jwk, x: `${jwk.x}=` }],
    ['a number for x', { ...jwk, x: 5 }],
  ])('with %s is refused', (_, value) => {
    refusal('key_malformed', () => parsePublicKey(JSON.parse(JSON.stringify(value))));
  });

  test('that is no point of the curve is refused when it is imported', () => {
    expect(importP256(parsePublicKey(jwk)).kind).toBe('ecdsa-p256-sha256');
    refusal('key_malformed', () => importP256(parsePublicKey({ ...jwk, x: jwk.y, y: jwk.x })));
    refusal('key_malformed', () => importP256({ x: 'A'.repeat(43), y: 'A'.repeat(43) }));
  });

  test.each<[string, object]>([
    ['1024 bits', { ...rfc7638, n: rfc7638.n.slice(0, 172) }],
    ['an exponent of 1', { ...rfc7638, e: 'AQ' }],
    ['an even exponent', { ...rfc7638, e: 'AQAA' }],
    ['a leading zero', { ...rfc7638, n: `AAAA${rfc7638.n.slice(0, 336)}` }],
    ['a further member', { ...rfc7638, alg: 'RS256' }],
    ['a modulus in a second spelling', { ...rfc7638, n: `${rfc7638.n.slice(0, -1)}x` }],
  ])('of RSA with %s is refused', (_, value) => {
    refusal('key_malformed', () => parseRsaKey(value as typeof rfc7638));
  });
});

describe('The Merkle tree', () => {
  // The leaves and roots that Certificate Transparency's implementations are tested with.
  const leaves = [
    '',
    '00',
    '10',
    '2021',
    '3031',
    '40414243',
    '5051525354555657',
    '606162636465666768696a6b6c6d6e6f',
  ];
  const data = leaves.map((hex) => Buffer.from(hex, 'hex'));

  test('has the roots of RFC 9162 for 1 to 8 leaves', () => {
    expect(toHex(merkleRoot(data.slice(0, 1)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(toHex(merkleRoot(data))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  test('proves every leaf of every size, and no leaf elsewhere', () => {
    const many = Array.from({ length: 70 }, () => randomBytes(8));
    for (let size = 1; size <= many.length; size += 1) {
      const tree = many.slice(0, size);
      const root = toHex(merkleRoot(tree));
      for (let index = 0; index < size; index += 1) {
        const path = merklePath(tree, index);
        expect(toHex(rootFromPath(tree[index] as Uint8Array, size, index, path))).toBe(root);
        if (size > 1) {
          const elsewhere = (index + 1) % size;
          expect(rootOrNothing(tree[index] as Uint8Array, size, elsewhere, path)).not.toBe(root);
        }
        expect(rootOrNothing(randomBytes(8), size, index, path)).not.toBe(root);
      }
    }
  });

  test('refuses a path of another length, in every place of every tree', () => {
    const many = Array.from({ length: 20 }, () => randomBytes(8));
    for (let size = 1; size <= many.length; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const path = merklePath(many.slice(0, size), index);
        refusal('approval_inclusion', () =>
          rootFromPath(many[index] as Uint8Array, size, index, [...path, randomBytes(32)]),
        );
        if (size > 1)
          refusal('approval_inclusion', () =>
            rootFromPath(many[index] as Uint8Array, size, index, path.slice(1)),
          );
      }
    }
  });

  test.each([
    [0, 0],
    [1025, 0],
    [1, 1],
    [1, -1],
    [1.5, 0],
    [2, 0.5],
    [Number.NaN, 0],
  ])('refuses size %d with index %d', (size, index) => {
    refusal('approval_inclusion', () => rootFromPath(randomBytes(1), size, index, []));
  });

  test('has a whole number of leaves, though a path may lead to a root by another', () => {
    const [leaf, ...others] = data.slice(0, 2) as [Buffer, Buffer];
    const path = merklePath([leaf, ...others], 0);
    expect(rootFromPath(leaf, 2, 0, path)).toEqual(merkleRoot([leaf, ...others]));
    for (const size of [1.5, 2.5, Infinity])
      refusal('approval_inclusion', () => rootFromPath(leaf, size, 0, path));
  });

  test('has 1 to 1024 leaves', () => {
    expect(() => merkleRoot([])).toThrow('A tree has 1 to 1024 leaves.');
    expect(() => merkleRoot(Array.from({ length: 1025 }, () => randomBytes(1)))).toThrow(RangeError);
    const most = Array.from({ length: 1024 }, () => data[0] as Buffer);
    expect(merkleRoot(most)).toHaveLength(32);
    expect(merklePath(most, 1023)).toHaveLength(10);
    expect(() => merklePath([], 0)).toThrow(RangeError);
    expect(() => merklePath([...most, ...most], 0)).toThrow(RangeError);
    for (const index of [8, -1, 0.5, Number.NaN]) expect(() => merklePath(data, index)).toThrow(RangeError);
  });

  test('cannot pass a node off as a leaf: the two are hashed differently', () => {
    const pair = data.slice(0, 2);
    const inner = Buffer.concat(
      pair.map((leaf) =>
        createHash('sha256')
          .update(Buffer.concat([Buffer.from([0]), leaf]))
          .digest(),
      ),
    );
    expect(toHex(merkleRoot([inner]))).not.toBe(toHex(merkleRoot(pair)));
  });

  test('makes a challenge that no other protocol makes', () => {
    const root = merkleRoot(data);
    const expected = createHash('sha256').update('appwarrant/approval/1\0').update(root).digest();
    expect(Buffer.from(approvalChallenge(root))).toEqual(expected);
    expect(() => approvalChallenge(new Uint8Array(31))).toThrow(RangeError);
  });

  function rootOrNothing(
    leaf: Uint8Array,
    size: number,
    index: number,
    path: readonly Uint8Array[],
  ): string | undefined {
    try {
      return toHex(rootFromPath(leaf, size, index, path));
    } catch {
      return undefined;
    }
  }
});
