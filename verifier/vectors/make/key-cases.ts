import type { JsonObject } from '../../src/json.ts';
import { keyOf } from './keys.ts';
import { rsaJwk } from './rsa-key.ts';
import { accepted, refused, type Made } from './vector-case.ts';

// Public keys (SPEC §1.7).

const { jwk, privateKey, thumbprint } = keyOf('app');
const other = keyOf('other').jwk;
const zeros = Buffer.alloc(32).toString('base64url');
const rsaThumbprint = '85E9ABViPhmospVdvMH55RcgAGA63fYkqP0ADOSFNqo';

const wrong: readonly (readonly [name: string, about: string, key: JsonObject])[] = [
  ['not-on-curve', 'The point is not on the curve.', { ...jwk, y: other.y }],
  ['point-at-zero', 'Both coordinates are zero.', { ...jwk, x: zeros, y: zeros }],
  ['further-member', 'The key has a further member.', { ...jwk, kid: 'a' }],
  [
    'private-member',
    'The key has its private half beside it.',
    { ...jwk, d: String(privateKey.export({ format: 'jwk' }).d) },
  ],
  ['member-missing', 'The key has no y.', { crv: jwk.crv, kty: jwk.kty, x: jwk.x }],
  ['other-curve', 'The key is on another curve.', { ...jwk, crv: 'P-384' }],
  ['other-type', 'The key is of another type.', { ...jwk, kty: 'OKP' }],
  ['coordinate-short', 'A coordinate has 31 bytes.', { ...jwk, x: jwk.x.slice(0, -2) }],
  [
    'coordinate-trailing-bits',
    'A coordinate has bits that belong to no byte.',
    { ...jwk, x: `${jwk.x.slice(0, -1)}${after(jwk.x.slice(-1))}` },
  ],
  ['coordinate-padded', 'A coordinate is padded.', { ...jwk, x: `${jwk.x}=` }],
];

const wrongRsa: readonly (readonly [name: string, about: string, key: JsonObject])[] = [
  [
    'rsa-short',
    'The modulus has 2040 bits.',
    { ...rsaJwk, n: Buffer.from(rsaJwk.n, 'base64url').subarray(1).toString('base64url') },
  ],
  [
    'rsa-short-in-256-bytes',
    'The modulus has 2045 bits, in as many bytes as 2048 have.',
    { ...rsaJwk, n: shortened(rsaJwk.n) },
  ],
  [
    'rsa-leading-zero',
    'The modulus is written with a zero byte in front.',
    {
      ...rsaJwk,
      n: Buffer.concat([Buffer.alloc(1), Buffer.from(rsaJwk.n, 'base64url')]).toString('base64url'),
    },
  ],
  [
    'rsa-long',
    'The modulus has more than 4096 bits.',
    { ...rsaJwk, n: Buffer.alloc(513, 0xff).toString('base64url') },
  ],
  ['rsa-exponent-one', 'The exponent is 1.', { ...rsaJwk, e: 'AQ' }],
  ['rsa-exponent-even', 'The exponent is even.', { ...rsaJwk, e: 'AQAA' }],
  ['rsa-further-member', 'The key names an algorithm.', { ...rsaJwk, alg: 'RS256' }],
];

export function keyCases(): Made[] {
  const spec = ['1.7'];
  const refusedAs =
    (type: string, right: JsonObject) =>
    ([name, about, bad]: (typeof wrong)[number]) =>
      refused({
        area: 'key',
        code: 'key_malformed',
        name,
        about,
        spec,
        make: (defect) => ({ kind: 'key', type, key: defect(right, bad) }),
      });
  return [
    accepted({
      area: 'key',
      name: 'p256',
      about: 'A P-256 key and its thumbprint.',
      spec,
      input: { kind: 'key', type: 'P-256', key: jwk },
      facts: { thumbprint },
    }),
    accepted({
      area: 'key',
      name: 'rsa',
      about: 'An RSA key of 2048 bits and its thumbprint.',
      spec,
      input: { kind: 'key', type: 'RSA', key: rsaJwk },
      facts: { thumbprint: rsaThumbprint },
    }),
    ...wrong.map(refusedAs('P-256', jwk)),
    ...wrongRsa.map(refusedAs('RSA', rsaJwk)),
  ];
}

/** The next character of base64url. */
function after(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(character) + 1);
}

/** The same without the highest bit, which is set. */
function shortened(n: string): string {
  const bytes = Buffer.from(n, 'base64url');
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}
