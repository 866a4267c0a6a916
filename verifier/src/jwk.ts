import { fromBase64url } from './base64url.ts';
import { sha256Base64url } from './crypto.ts';
import { readerFor, type JsonValue } from './json.ts';

/** A P-256 public key (SPEC §1.7): exactly these members. */
export type EcJwk = { readonly crv: 'P-256'; readonly kty: 'EC'; readonly x: string; readonly y: string };

/** An RSA public key of 2048–4096 bits; only approvers have them. */
export type RsaJwk = { readonly e: string; readonly kty: 'RSA'; readonly n: string };

const read = readerFor('key_malformed', 'Public key');
/** 32 bytes: 43 characters, of which the last has two zero bits. */
const coordinatePattern = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Reads a P-256 JWK. Throws `key_malformed`. Whether the point is on the curve is found out where the key is imported
 * (`importP256`), because that costs as much as verifying a signature.
 */
export function parsePublicKey(value: JsonValue | undefined): EcJwk {
  const jwk = read.members(value, 'it', ['crv', 'kty', 'x', 'y']);
  read.oneOf(jwk.kty, 'kty', ['EC']);
  read.oneOf(jwk.crv, 'crv', ['P-256']);
  const x = read.matching(jwk.x, 'x', coordinatePattern, '32 bytes in base64url');
  const y = read.matching(jwk.y, 'y', coordinatePattern, '32 bytes in base64url');
  return { crv: 'P-256', kty: 'EC', x, y };
}

/** Reads an RSA JWK; throws `key_malformed`. Exponents are odd, above 2 and below 2^32. */
export function parseRsaKey(value: JsonValue | undefined): RsaJwk {
  const jwk = read.members(value, 'it', ['e', 'kty', 'n']);
  read.oneOf(jwk.kty, 'kty', ['RSA']);
  const n = read.text(jwk.n, 'n', 683);
  const e = read.text(jwk.e, 'e', 6);
  const modulus = decode(n, 'n');
  const exponent = decode(e, 'e');
  // In 256 bytes 2048 bits are all of them.
  const first = modulus[0] ?? 0;
  if (first === 0 || modulus.length < 256 || (modulus.length === 256 && first < 0x80) || modulus.length > 512)
    read.refuse('n', 'a modulus of 2048 to 4096 bits');
  const last = exponent[exponent.length - 1] ?? 0;
  if (exponent.length === 0 || exponent.length > 4 || exponent[0] === 0 || last % 2 === 0 || e === 'AQ') {
    read.refuse('e', 'an odd public exponent above 2');
  }
  return { e, kty: 'RSA', n };
}

function decode(text: string, at: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch {
    return read.refuse(at, 'base64url');
  }
}

/** RFC 7638 thumbprint with SHA-256: 43 characters of base64url. */
export function thumbprint(jwk: EcJwk | RsaJwk): string {
  return sha256Base64url(
    jwk.kty === 'EC'
      ? `{"crv":"P-256","kty":"EC","x":"${jwk.x}","y":"${jwk.y}"}`
      : `{"e":"${jwk.e}","kty":"RSA","n":"${jwk.n}"}`,
  );
}
