// The door to node:crypto; only deployment-key.ts has another, to make its key. Nothing here signs or makes a key. Every
// function takes a key whose kind has been fixed, so that no algorithm is ever chosen by what an attacker sends.

import crypto from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Refused } from './refused.ts';

/** An imported public key, whose algorithm is settled. Importing costs as much as verifying: keep it. */
export type PublicKey =
  | { readonly kind: 'ed25519'; readonly object: KeyObject }
  | { readonly kind: 'ecdsa-p256-sha256'; readonly object: KeyObject }
  | { readonly kind: 'rsa-pkcs1-sha256'; readonly object: KeyObject }
  | { readonly kind: 'rsa-pss-sha256'; readonly object: KeyObject };

/** SHA-256 of bytes, or of a text's UTF-8 form: 32 bytes. */
export function sha256(data: Uint8Array | string): Uint8Array {
  return oneShot === undefined
    ? crypto.createHash('sha256').update(data).digest()
    : oneShot('sha256', data, 'buffer');
}

/** SHA-256 of bytes that come in pieces, such as those of a file that is too large to hold. */
export function sha256OfPieces(pieces: Iterable<Uint8Array>): Uint8Array {
  const hash = crypto.createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
}

/** SHA-256 of bytes that come one after the other. `digest` works once. */
export function openSha256(): { update(bytes: Uint8Array): unknown; digest(): Uint8Array } {
  return crypto.createHash('sha256');
}

/** Half the price for short texts; not in Node 20 before 20.12. */
const oneShot = crypto.hash as typeof crypto.hash | undefined;

export function sha512(data: Uint8Array): Uint8Array {
  return crypto.createHash('sha512').update(data).digest();
}

/** SHA-256 of bytes, in base64 with padding. */
export function sha256Base64(data: Uint8Array): string {
  return sha256Written(data, 'base64');
}

/** SHA-256 of a text's UTF-8 form, in base64url. */
export function sha256Base64url(text: string): string {
  return sha256Written(text, 'base64url');
}

/** SHA-256 of a text's UTF-8 form, in lower-case hexadecimal digits. */
export function sha256HexOfText(text: string): string {
  return sha256Written(text, 'hex');
}

function sha256Written(data: Uint8Array | string, as: 'base64' | 'base64url' | 'hex'): string {
  return oneShot === undefined
    ? crypto.createHash('sha256').update(data).digest(as)
    : oneShot('sha256', data, as);
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return crypto.createHmac('sha256', key).update(data).digest();
}

/** Compares two secrets in a time that depends on their length alone. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

export function randomBytes(length: number): Uint8Array {
  return crypto.randomBytes(length);
}

/** An EC P-256 JWK as a key for ECDSA with SHA-256. Throws `key_malformed` when the point is not on the curve. */
export function importP256(jwk: { readonly x: string; readonly y: string }): PublicKey {
  const object = importing(() =>
    crypto.createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y }, format: 'jwk' }),
  );
  return { kind: 'ecdsa-p256-sha256', object };
}

/** An RSA JWK of 2048–4096 bits as a key for PKCS #1 v1.5 with SHA-256 (WebAuthn's RS256). Throws `key_malformed`. */
export function importRsaPkcs1(jwk: { readonly n: string; readonly e: string }): PublicKey {
  const object = importing(() =>
    crypto.createPublicKey({ key: { kty: 'RSA', n: jwk.n, e: jwk.e }, format: 'jwk' }),
  );
  requireModulus(object);
  return { kind: 'rsa-pkcs1-sha256', object };
}

/** An Ed25519 key of 32 raw bytes. Throws `key_malformed`, also for a point of small order: everybody can sign with it. */
export function importEd25519(raw: Uint8Array): PublicKey {
  if (raw.length !== 32) throw new Refused('key_malformed', 'An Ed25519 key has 32 bytes.');
  if (isOfSmallOrder(raw)) throw new Refused('key_malformed', 'An Ed25519 key is no point of small order.');
  const x = Buffer.from(raw).toString('base64url');
  const object = importing(() =>
    crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
  );
  return { kind: 'ed25519', object };
}

/** Whether a point has order 1, 2, 4 or 8. Node 20 and 22 take signatures by such keys, Node 24 takes none. */
function isOfSmallOrder(raw: Uint8Array): boolean {
  const y = Buffer.from(raw);
  // The last bit is the sign of x.
  y.writeUInt8(y.readUInt8(31) & 0x7f, 31);
  return smallOrders.has(y.toString('hex'));
}

/** All that y can be there, little-endian: 1, p - 1, 0, the two of order 8, and p and p + 1, which are 0 and 1 once more. */
const smallOrders: ReadonlySet<string> = new Set([
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '00'.repeat(32),
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/** A PEM SubjectPublicKeyInfo with a P-256 key. Throws `key_malformed` for anything else, private keys included. */
export function importP256Pem(pem: string): PublicKey {
  const object = importSpkiPem(pem);
  // Only keys of elliptic curves name one.
  if (object.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Refused('key_malformed', 'The PEM holds no P-256 key.');
  // OpenSSL keeps the form in which a point was written (compressed, hybrid). Made of its coordinates, a key has one.
  const { x = '', y = '' } = importing(() => object.export({ format: 'jwk' }));
  return importP256({ x, y });
}

/** A PEM SubjectPublicKeyInfo with an RSA key, for RSASSA-PSS with SHA-256 and a salt of 32 bytes. Throws `key_malformed`. */
export function importRsaPssPem(pem: string): PublicKey {
  const object = importSpkiPem(pem);
  if (object.asymmetricKeyType !== 'rsa') throw new Refused('key_malformed', 'The PEM holds no RSA key.');
  requireModulus(object);
  return { kind: 'rsa-pss-sha256', object };
}

/** A public key as a PEM SubjectPublicKeyInfo in its one spelling: lines of 64 characters, each with one line feed behind it. */
export function exportSpkiPem({ object }: PublicKey): string {
  return object.export({ type: 'spki', format: 'pem' }).toString();
}

/** Whether the signature is this key's over these bytes. ECDSA signatures are DER. Never throws for a bad signature. */
export function isSignatureBy(key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  switch (key.kind) {
    case 'ed25519':
      return crypto.verify(null, data, key.object, signature);
    case 'ecdsa-p256-sha256':
    case 'rsa-pkcs1-sha256':
      return crypto.verify('sha256', data, key.object, signature);
    case 'rsa-pss-sha256':
      return crypto.verify(
        'sha256',
        data,
        { key: key.object, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      );
  }
}

/** The same, by a thread of Node's pool. Never rejects. */
export function isSignatureByAsync(
  key: PublicKey,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const by =
    key.kind === 'rsa-pss-sha256'
      ? { key: key.object, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      : key.object;
  return new Promise((resolve) => {
    crypto.verify(key.kind === 'ed25519' ? null : 'sha256', data, by, signature, (error, isValid) => {
      resolve((error ?? null) === null && isValid);
    });
  });
}

function importSpkiPem(pem: string): KeyObject {
  // createPublicKey would also take a private key or a certificate and derive the public one.
  if (!pem.trimStart().startsWith('-----BEGIN PUBLIC KEY-----')) {
    throw new Refused('key_malformed', 'A PEM public key begins with BEGIN PUBLIC KEY.');
  }
  return importing(() => crypto.createPublicKey(pem));
}

function importing<T>(make: () => T): T {
  try {
    return make();
  } catch {
    throw new Refused('key_malformed');
  }
}

function requireModulus(object: KeyObject): void {
  const bits = object.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 2048 || bits > 4096) throw new Refused('key_malformed', 'RSA keys have 2048 to 4096 bits.');
}
