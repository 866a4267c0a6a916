import { fileText, isLabel, isObject, parseJson, Refused } from '@appwarrant/verifier/formats';
import { KeysError } from './keys-error.ts';
import { parseTufKey } from './signer.ts';
import type { TufKey } from './signer.ts';

/** The public half of a key, with the name of the person who holds it: what a ceremony is given to hand out a role. */
export type PublicKeyFile = {
  readonly type: 'appwarrant/public-key/1';
  readonly name: string;
  readonly key: TufKey;
};

export const PUBLIC_KEY_BYTES = 16_384;

/** Throws KeysError `file_malformed` where the name is no label (SPEC §1.6). */
export function composePublicKey(name: string, key: TufKey): Uint8Array {
  if (!isLabel(name)) throw new KeysError('file_malformed', 'A name has 1 to 120 visible characters.');
  const file: PublicKeyFile = { type: 'appwarrant/public-key/1', name, key };
  return new TextEncoder().encode(`${fileText(file)}\n`);
}

/** Throws KeysError `file_malformed`; `path` is what the sentence calls the file. */
export function parsePublicKeyFile(bytes: Uint8Array, path: string): PublicKeyFile {
  try {
    const value = parseJson(bytes, PUBLIC_KEY_BYTES);
    if (!isObject(value) || value['type'] !== 'appwarrant/public-key/1') throw malformed(path);
    const { key, name } = value;
    if (typeof name !== 'string' || !isLabel(name)) throw malformed(path);
    return { type: 'appwarrant/public-key/1', name, key: parseTufKey(key, path) };
  } catch (error) {
    if (error instanceof Refused) throw malformed(path);
    throw error;
  }
}

function malformed(path: string): KeysError {
  return new KeysError('file_malformed', `${path} is not a public key file of the ceremony.`);
}
