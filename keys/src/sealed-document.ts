import {
  canonical,
  importEd25519,
  importP256Pem,
  importRsaPssPem,
  isObject,
  isSignatureBy,
  parseJson,
  Refused,
} from '@appwarrant/verifier/formats';
import type { JsonObject, JsonValue } from '@appwarrant/verifier/formats';
import type { Keyring } from './compose-root.ts';
import { KeysError } from './keys-error.ts';
import type { Signature } from './seal.ts';
import { keyIdOf } from './signer.ts';
import type { TufKey } from './signer.ts';

/** A metadata file, taken apart; nothing of it has been verified. */
export type SealedDocument = { readonly signatures: readonly Signature[]; readonly signed: JsonObject };

/** Takes a metadata file apart; `name` is what the sentence calls it. Throws KeysError `file_malformed`. */
export function parseSealed(bytes: Uint8Array, maxBytes: number, name: string): SealedDocument {
  try {
    return parseSealedValue(parseJson(bytes, maxBytes), name);
  } catch (error) {
    if (error instanceof Refused) throw malformed(name);
    throw error;
  }
}

/** The same for a value that stands inside another document. Throws KeysError `file_malformed`. */
export function parseSealedValue(value: JsonValue | undefined, name: string): SealedDocument {
  if (!isObject(value) || Object.keys(value).sort().join() !== 'signatures,signed') throw malformed(name);
  const { signatures, signed } = value;
  if (!isObject(signed) || !Array.isArray(signatures) || signatures.length > 64) throw malformed(name);
  const parsed = (signatures as readonly JsonValue[]).map((item): Signature => {
    if (!isObject(item)) throw malformed(name);
    const { keyid, sig } = item;
    if (typeof keyid !== 'string' || !/^[0-9a-f]{64}$/.test(keyid)) throw malformed(name);
    if (typeof sig !== 'string' || !/^(?:[0-9a-f]{2}){1,1024}$/.test(sig)) throw malformed(name);
    return { keyid, sig };
  });
  return { signatures: parsed, signed };
}

/** The ids of those keys of a keyring that validly signed a document: each counts once, whoever else signed. */
export function signersOf(document: SealedDocument, keyring: Keyring): ReadonlySet<string> {
  const bytes = canonical(document.signed);
  const keys = new Map(keyring.keys.map((key) => [keyIdOf(key), key]));
  const valid = document.signatures.filter(({ keyid, sig }) => {
    const key = keys.get(keyid);
    return key !== undefined && isSignature(key, bytes, Buffer.from(sig, 'hex'));
  });
  return new Set(valid.map(({ keyid }) => keyid));
}

/** Throws KeysError `signatures_missing` unless enough of a keyring's keys signed the document. */
export function requireSigned(document: SealedDocument, keyring: Keyring, what: string): void {
  const count = signersOf(document, keyring).size;
  if (count < keyring.threshold) {
    throw new KeysError(
      'signatures_missing',
      `${what} is signed by ${count} of the ${keyring.threshold} keys that it needs.`,
    );
  }
}

function isSignature(key: TufKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return isSignatureBy(imported(key), bytes, signature);
  } catch (error) {
    if (error instanceof Refused) return false; // A key that cannot be used signs nothing.
    throw error;
  }
}

function imported({ keytype, keyval }: TufKey): Parameters<typeof isSignatureBy>[0] {
  switch (keytype) {
    case 'ed25519':
      return importEd25519(Buffer.from(keyval.public, 'hex'));
    case 'ecdsa':
      return importP256Pem(keyval.public);
    case 'rsa':
      return importRsaPssPem(keyval.public);
  }
}

function malformed(name: string): KeysError {
  return new KeysError('file_malformed', `${name} is not a metadata file, or it is damaged.`);
}
