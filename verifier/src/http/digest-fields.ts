import { equalInConstantTime, sha256, sha256Base64 } from '../crypto.ts';
import { Refused } from '../refused.ts';
import { decodeBase64 } from './native-base64.ts';
import type { Fields } from './header-fields.ts';
import { parseDictionary } from './structured-fields.ts';

/** SPEC §12: the longest digest field, in characters. */
const mostOfField = 1_024;

/** The SHA-256 in a digest field (RFC 9530); other algorithms beside it are ignored. Throws `proof_malformed`, `too_large`. */
export function readDigest(name: string, value: string): Uint8Array {
  if (value.length > mostOfField) throw new Refused('too_large', `${name} is longer than 1 KiB.`);
  // Recognised in its usual form, and else parsed, which takes far longer.
  const usual =
    value.startsWith(before) && value.endsWith(':')
      ? decodeBase64(value.slice(before.length, -1), 32)
      : undefined;
  if (usual !== undefined) return usual;
  const member = parseDictionary(name, value).get('sha-256');
  if (member?.kind !== 'item' || member.item.kind !== 'bytes' || member.item.value.length !== 32) {
    throw new Refused('proof_malformed', `${name} needs sha-256, a byte sequence of 32 bytes.`);
  }
  return member.item.value;
}

const before = 'sha-256=:';

/**
 * A field that holds a credential and the field that holds its digest come together and agree (SPEC §10.1).
 * Throws `digest_mismatch`, `proof_malformed`.
 */
export function requireCredentialDigest({ values }: Fields, name: 'authorization' | 'cookie'): void {
  const field = digestOf[name];
  const credential = values.get(name);
  const digest = values.get(field);
  if (digest === undefined) return;
  if (credential === undefined) {
    readDigest(field, digest);
    throw new Refused('digest_mismatch', `${field} came without ${name}.`);
  }
  // Node reads header fields as Latin-1: this gives back the bytes that were sent.
  const hashed = sha256Base64(Buffer.from(credential, 'latin1'));
  // Compared as written first: nobody has to read what is the usual spelling of the right digest.
  if (digest === `${before}${hashed}:`) return;
  if (Buffer.from(readDigest(field, digest)).toString('base64') !== hashed) {
    throw new Refused('digest_mismatch', `${field} is not the digest of ${name}.`);
  }
}

/** Written out: a name put together at every check would be looked up at twice the price. */
const digestOf = { authorization: 'authorization-digest', cookie: 'cookie-digest' } as const;

/** The digest that the body must have: that of Content-Digest, else that of no bytes. Throws `proof_malformed`. */
export function expectedContentDigest({ values }: Fields): Uint8Array {
  const digest = values.get('content-digest');
  return digest === undefined ? digestOfNothing : readDigest('content-digest', digest);
}

/** SHA-256 of a body; nothing is hashed where there is none. */
export function contentDigest(body: Uint8Array | undefined): Uint8Array {
  return body === undefined || body.length === 0 ? digestOfNothing : sha256(body);
}

/** Throws `digest_mismatch` unless both are the same 32 bytes. */
export function requireContentDigest(expected: Uint8Array, actual: Uint8Array): void {
  // Where there is no body, both are the one digest of nothing.
  if (expected !== actual && !equalInConstantTime(expected, actual)) {
    throw new Refused('digest_mismatch', 'The body is not the one that Content-Digest names.');
  }
}

const digestOfNothing = sha256('');
