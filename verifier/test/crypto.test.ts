import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
  type SigningOptions,
} from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  equalInConstantTime,
  exportSpkiPem,
  hmacSha256,
  importEd25519,
  importP256,
  importP256Pem,
  importRsaPkcs1,
  importRsaPssPem,
  isSignatureBy,
  isSignatureByAsync,
  openSha256,
  randomBytes,
  sha256,
  sha256Base64,
  sha256Base64url,
  sha256HexOfText,
  sha256OfPieces,
  sha512,
  type PublicKey,
} from '../src/crypto.ts';
import { refusal } from './compose/story.ts';

// The door to node:crypto: which keys pass it, and what counts as a signature.

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const jwkOf = (key: KeyObject): Record<'x' | 'y' | 'n' | 'e', string> =>
  key.export({ format: 'jwk' }) as Record<'x' | 'y' | 'n' | 'e', string>;
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const edwards = generateKeyPairSync('ed25519');

/** A public key with a modulus of so many bits; nobody has the private one. */
function rsaOf(bits: number): { readonly n: string; readonly e: string } {
  const bytes = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  bytes[0] = 0xff >> (8 * bytes.length - bits);
  return { n: bytes.toString('base64url'), e: 'AQAB' };
}
const rsaPemOf = (bits: number): string =>
  pemOf(createPublicKey({ key: { kty: 'RSA', ...rsaOf(bits) }, format: 'jwk' }));

describe('Hashes', () => {
  test('are those of FIPS 180-4 and RFC 4231, in each of the ways to ask for one', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    const bytes = Buffer.from('abc');
    expect([hex(sha256('abc')), hex(sha256(bytes)), sha256HexOfText('abc')]).toEqual([abc, abc, abc]);
    expect(sha256Base64(bytes)).toBe(Buffer.from(abc, 'hex').toString('base64'));
    expect(sha256Base64url('abc')).toBe(Buffer.from(abc, 'hex').toString('base64url'));
    expect(hex(sha256OfPieces([bytes.subarray(0, 1), bytes.subarray(1)]))).toBe(abc);
    const open = openSha256();
    open.update(bytes);
    expect(hex(open.digest())).toBe(abc);
    expect(hex(sha256('é'))).toBe(hex(sha256(Buffer.from('é', 'utf8'))));
    expect(hex(sha512(bytes)).slice(0, 32)).toBe('ddaf35a193617abacc417349ae204131');
    const mac = hmacSha256(Buffer.from('Jefe'), Buffer.from('what do ya want for nothing?'));
    expect(hex(mac)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
  });

  test('are the same where their bytes are, and of another length they are not', () => {
    const [a, b] = [sha256('a'), sha256('b')];
    expect(equalInConstantTime(a, Uint8Array.from(a))).toBe(true);
    expect(equalInConstantTime(a, b)).toBe(false);
    expect(equalInConstantTime(a, a.subarray(1))).toBe(false);
    expect(equalInConstantTime(a.subarray(1), a)).toBe(false);
  });

  test('and random bytes have the length that was asked for', () => {
    expect([randomBytes(0).length, randomBytes(33).length]).toEqual([0, 33]);
    expect(hex(randomBytes(16))).not.toBe(hex(randomBytes(16)));
  });
});

describe('An Ed25519 key', () => {
  const raw = Buffer.from(jwkOf(edwards.publicKey).x, 'base64url');

  test('has 32 bytes', () => {
    expect(importEd25519(raw).kind).toBe('ed25519');
    for (const other of [raw.subarray(1), Buffer.concat([raw, raw.subarray(0, 1)]), Buffer.alloc(0)])
      refusal('key_malformed', () => importEd25519(other));
  });

  test('is none of the points of small order, in any of their spellings', () => {
    const written = smallOrders();
    expect(written.length).toBe(7);
    for (const y of written)
      for (const signOfX of [0, 0x80]) {
        const bytes = littleEndian(y);
        bytes[31] = (bytes[31] ?? 0) | signOfX;
        refusal('key_malformed', () => importEd25519(bytes));
      }
    // Their neighbours are points like others, as far as they are points.
    expect(importEd25519(littleEndian(3n)).kind).toBe('ed25519');
  });
});

/** The curve of RFC 8032 §5.1: -x² + y² = 1 + d x² y² modulo p. */
const p = 2n ** 255n - 19n;
const mod = (n: bigint): bigint => ((n % p) + p) % p;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; b = mod(b * b), e >>= 1n)
    if (e & 1n) result = mod(result * b);
  return result;
}
const inverse = (n: bigint): bigint => power(n, p - 2n);
function rootOf(n: bigint): bigint | undefined {
  const candidate = power(n, (p + 3n) / 8n);
  const other = mod(candidate * power(2n, (p - 1n) / 4n));
  return [candidate, other].find((each) => mod(each * each) === mod(n));
}

/**
 * Every y of a point whose order divides 8, below 2^255. The order is 1 or 2 where x is 0: y is 1 or -1. It is 4 where y is 0. The double of
 * a point of order 8 has y = 0, so x² = -y², and with the curve's equation d y⁴ + 2 y² - 1 = 0.
 */
function smallOrders(): readonly bigint[] {
  const d = mod(-121665n * inverse(121666n));
  const root = rootOf(mod(1n + d)) ?? 0n;
  const squares = [mod((root - 1n) * inverse(d)), mod((-root - 1n) * inverse(d))];
  const ofEight = squares.flatMap((square) => rootOf(square) ?? []).flatMap((y) => [y, mod(-y)]);
  const all = [1n, p - 1n, 0n, ...ofEight];
  return [...new Set([...all, ...all.map((y) => y + p).filter((y) => y < 2n ** 255n)])];
}

function littleEndian(n: bigint): Buffer {
  return Buffer.from(n.toString(16).padStart(64, '0'), 'hex').reverse();
}

describe('A P-256 key', () => {
  test('is a point on the curve', () => {
    const { x, y } = jwkOf(ec.publicKey);
    expect(importP256({ x, y }).kind).toBe('ecdsa-p256-sha256');
    refusal('key_malformed', () => importP256({ x: y, y: x }));
  });

  test('in PEM is a public key of this curve, however it was written, and has one spelling', () => {
    const pem = pemOf(ec.publicKey);
    const compressed = Buffer.concat([
      Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
      compressedPoint(),
    ]).toString('base64');
    const written = [
      pem,
      `\n\n${pem}`,
      pem.replaceAll('\n', '\r\n'),
      `-----BEGIN PUBLIC KEY-----\n${compressed}\n-----END PUBLIC KEY-----\n`,
    ];
    for (const each of written) expect(exportSpkiPem(importP256Pem(each))).toBe(pem);
  });

  test('in PEM is no other kind of key, no private one, and nothing else', () => {
    const others = [
      pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey),
      pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
      pemOf(rsa.publicKey),
      pemOf(edwards.publicKey),
      ec.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
      `x${pemOf(ec.publicKey)}`,
      ` ${pemOf(ec.publicKey)}`,
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
      '',
    ];
    for (const pem of others) refusal('key_malformed', () => importP256Pem(pem));
  });
});

/** The point with its x alone, and of y the last bit (SEC 1 §2.3.3). */
function compressedPoint(): Buffer {
  const { x, y } = jwkOf(ec.publicKey);
  const last = Buffer.from(y, 'base64url').at(-1) ?? 0;
  return Buffer.concat([Buffer.from([2 + (last & 1)]), Buffer.from(x, 'base64url')]);
}

describe('An RSA key', () => {
  test('has 2048 to 4096 bits, as JWK and in PEM', () => {
    for (const bits of [2048, 2049, 4095, 4096]) {
      expect(importRsaPkcs1(rsaOf(bits)).kind).toBe('rsa-pkcs1-sha256');
      expect(importRsaPssPem(rsaPemOf(bits)).kind).toBe('rsa-pss-sha256');
    }
    for (const bits of [1024, 2047, 4097]) {
      refusal('key_malformed', () => importRsaPkcs1(rsaOf(bits)));
      refusal('key_malformed', () => importRsaPssPem(rsaPemOf(bits)));
    }
    refusal('key_malformed', () => importRsaPkcs1({ n: '', e: '' }));
  });

  test('in PEM is no other kind of key: neither one for PSS alone, nor a private one', () => {
    const pssOnly = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey;
    const others = [
      pemOf(ec.publicKey),
      pemOf(edwards.publicKey),
      pemOf(pssOnly),
      rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    ];
    for (const pem of others) refusal('key_malformed', () => importRsaPssPem(pem));
  });
});

describe('A signature', () => {
  const data = Buffer.from('what was signed');
  const pss = (saltLength: number): Omit<SigningOptions, 'dsaEncoding'> => ({
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength,
  });
  const pkcs1: PublicKey = importRsaPkcs1(jwkOf(rsa.publicKey));
  const rsaPss: PublicKey = importRsaPssPem(pemOf(rsa.publicKey));
  const withPss = (salt: number, digest = 'sha256'): Buffer =>
    sign(digest, data, { key: rsa.privateKey, ...pss(salt) });
  const ieee = sign('sha256', data, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
  const ed25519 = importEd25519(Buffer.from(jwkOf(edwards.publicKey).x, 'base64url'));
  const p256 = importP256(jwkOf(ec.publicKey));

  test.each<[string, PublicKey, Buffer, readonly Buffer[]]>([
    ['Ed25519', ed25519, sign(null, data, edwards.privateKey), [withPss(32)]],
    ['ECDSA', p256, sign('sha256', data, ec.privateKey), [sign('sha384', data, ec.privateKey), ieee]],
    [
      'RSA, PKCS #1 v1.5',
      pkcs1,
      sign('sha256', data, rsa.privateKey),
      [withPss(32), sign('sha512', data, rsa.privateKey)],
    ],
    [
      'RSA, PSS',
      rsaPss,
      withPss(32),
      [withPss(20), withPss(0), withPss(32, 'sha384'), sign('sha256', data, rsa.privateKey)],
    ],
  ])(
    'of %s is the key’s own over these bytes, in its one form, and no other',
    async (_name, key, right, wrong) => {
      expect([isSignatureBy(key, data, right), await isSignatureByAsync(key, data, right)]).toEqual([
        true,
        true,
      ]);
      const changed = Buffer.from(right);
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
      const refused = [...wrong, changed, right.subarray(1), Buffer.alloc(0), Buffer.alloc(64)];
      for (const signature of refused) {
        const said = [isSignatureBy(key, data, signature), await isSignatureByAsync(key, data, signature)];
        expect(said, hex(signature)).toEqual([false, false]);
      }
      const other = Buffer.from('what was not');
      expect([isSignatureBy(key, other, right), await isSignatureByAsync(key, other, right)]).toEqual([
        false,
        false,
      ]);
    },
  );
});
