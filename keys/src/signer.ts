import { canonical, isObject, sha256Hex } from '@appwarrant/verifier/formats';
import type { Environment, JsonValue } from '@appwarrant/verifier/formats';
import { KeysError } from './keys-error.ts';

/** A public key as TUF metadata writes it (SPEC §2). */
export type TufKey = {
  readonly keytype: 'ed25519' | 'ecdsa' | 'rsa';
  readonly scheme: 'ed25519' | 'ecdsa-sha2-nistp256' | 'rsassa-pss-sha256';
  readonly keyval: { readonly public: string };
};

/** Something that holds a private key and signs with it: a file today, a token later. */
export interface Signer {
  /** The digest of the canonical `key`: 64 lower-case hexadecimal digits. */
  readonly keyId: string;
  readonly key: TufKey;
  /** What this key may sign for; the two are never mixed. */
  readonly environment: Environment;
  /** Signs these bytes, which are the canonical form of what is meant, with the key's own scheme. */
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

const SCHEMES = new Map([
  ['ed25519', 'ed25519'],
  ['ecdsa', 'ecdsa-sha2-nistp256'],
  ['rsa', 'rsassa-pss-sha256'],
]);
const PEM = /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]{1,1200}-----END PUBLIC KEY-----\n$/;

/** An Ed25519 key of 32 raw bytes in that form. */
export function ed25519Key(raw: Uint8Array): TufKey {
  return {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: Buffer.from(raw).toString('hex') },
  };
}

/** The key's id, and its fingerprint once it is written in groups. */
export function keyIdOf(key: TufKey): string {
  return sha256Hex(canonical(key));
}

/**
 * Reads a public key of one of the three kinds of SPEC §2. `where` is what the sentence calls the document.
 * Throws KeysError `file_malformed`.
 */
export function parseTufKey(value: JsonValue | undefined, where: string): TufKey {
  const refuse = (): never => {
    throw new KeysError(
      'file_malformed',
      `${where} holds something in the place of a public key that is none.`,
    );
  };
  if (!isObject(value) || Object.keys(value).sort().join() !== 'keytype,keyval,scheme') return refuse();
  const { keytype, keyval, scheme } = value;
  if (!isObject(keyval) || Object.keys(keyval).join() !== 'public') return refuse();
  const text = keyval['public'];
  if (typeof keytype !== 'string' || SCHEMES.get(keytype) !== scheme || typeof text !== 'string')
    return refuse();
  if (!(keytype === 'ed25519' ? /^[0-9a-f]{64}$/ : PEM).test(text)) return refuse();
  // SCHEMES has just settled that both texts are of the closed lists.
  return {
    keytype: keytype as TufKey['keytype'],
    scheme: scheme as TufKey['scheme'],
    keyval: { public: text },
  };
}
