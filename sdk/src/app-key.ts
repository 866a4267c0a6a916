import { canonical, toBase64url, type EcJwk } from '@appwarrant/verifier/formats/browser';
import { SdkError } from './sdk-error.ts';
import { own, sha256, subtle } from './webcrypto.ts';

/** The key with which a build signs: P-256, its private half held by WebCrypto. */
export interface AppKey {
  /** RFC 7638 thumbprint of the public key: the `keyid` of every proof. */
  readonly keyId: string;
  readonly publicKeyJwk: EcJwk;
  readonly privateKey: CryptoKey;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/**
 * Makes a new key. `extractable: false` (the default) keeps its private half inside WebCrypto, where IndexedDB can hold it;
 * a key for a file store must be made with true. Throws `webcrypto_missing`.
 */
export async function generateKey({ extractable = false }: { extractable?: boolean } = {}): Promise<AppKey> {
  const pair = await subtle().generateKey(algorithm, extractable, ['sign', 'verify']);
  return appKey(publicPart(await subtle().exportKey('jwk', pair.publicKey)), pair.privateKey);
}

/**
 * Imports a private key from a JWK (RFC 7517: kty EC, crv P-256, x, y, d). `extractable` as in `generateKey`.
 * Throws `key_unusable` for anything else, also when the public half does not belong to the private one.
 */
export async function importKey(
  jwk: unknown,
  { extractable = false }: { extractable?: boolean } = {},
): Promise<AppKey> {
  try {
    const given = jwk as JsonWebKey;
    const publicKeyJwk = publicPart(given);
    const { crv, kty, x, y } = publicKeyJwk;
    if (typeof given.d !== 'string') throw new TypeError('The JWK has no private part.');
    const privateKey = await subtle().importKey(
      'jwk',
      { crv, kty, x, y, d: given.d },
      algorithm,
      extractable,
      ['sign'],
    );
    const key = await appKey(publicKeyJwk, privateKey);
    // Some platforms accept a d that belongs to another point: sign once, so that it shows here and not at the server.
    const publicKey = await subtle().importKey('jwk', { crv, kty, x, y }, algorithm, false, ['verify']);
    const probe = new TextEncoder().encode('appwarrant key check');
    const signature = await signBytes(key, probe);
    if (!(await subtle().verify(ecdsa, publicKey, own(signature), probe)))
      throw new TypeError('The halves do not fit.');
    return key;
  } catch (cause) {
    if (cause instanceof SdkError) throw cause;
    throw new SdkError('key_unusable', 'The private key is not a P-256 JWK.', null, cause);
  }
}

/** The private JWK of an extractable key: what a key file holds. Throws `key_unusable` when WebCrypto keeps the key. */
export async function exportKey(key: AppKey): Promise<EcJwk & { readonly d: string }> {
  if (!key.privateKey.extractable) {
    throw new SdkError(
      'key_unusable',
      'The key was made so that it never leaves WebCrypto; generate an extractable one.',
    );
  }
  const { d } = await subtle().exportKey('jwk', key.privateKey);
  if (d === undefined) throw new SdkError('key_unusable', 'WebCrypto exported no private part.');
  return { ...key.publicKeyJwk, d };
}

const ecdsa = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** ECDSA P-256 with SHA-256, as r‖s in 64 bytes (SPEC §10.1). */
export async function signBytes(key: AppKey, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle().sign(ecdsa, key.privateKey, own(bytes)));
}

/** An AppKey of its two halves. */
export async function appKey(publicKeyJwk: EcJwk, privateKey: CryptoKey): Promise<AppKey> {
  return { keyId: await thumbprint(publicKeyJwk), publicKeyJwk, privateKey };
}

/** RFC 7638 thumbprint of a public key. */
export async function thumbprint({ crv, kty, x, y }: EcJwk): Promise<string> {
  // RFC 7638 §3: the required members in lexicographic order without white space, which is their canonical form.
  return toBase64url(await sha256(canonical({ crv, kty, x, y })));
}

/** 32 bytes in base64url, in its one spelling (SPEC §1.4): the thumbprint is over this text. */
const coordinate = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** Exactly the public members of a JWK. Throws a TypeError for anything but a P-256 key. */
export function publicPart({ kty, crv, x, y }: JsonWebKey): EcJwk {
  if (kty !== 'EC' || crv !== 'P-256' || !coordinate.test(x ?? '') || !coordinate.test(y ?? '')) {
    throw new TypeError('Not a P-256 JWK.');
  }
  return { crv, kty, x: x as string, y: y as string };
}
