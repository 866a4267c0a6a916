import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Environment } from '@appwarrant/verifier/formats';
import { createFile } from './durable-file.ts';
import { environmentOfKey } from './key-place.ts';
import { KeysError } from './keys-error.ts';
import { isEncrypted, openPrivateKey, privateKeyPem } from './pkcs8.ts';
import { ed25519Key, keyIdOf } from './signer.ts';
import type { Signer } from './signer.ts';

/**
 * Makes a new Ed25519 key file, mode 0600, that never replaces another, and opens it. Without a passphrase it is a
 * development key, and its folder has to be called `development-keys`. Throws KeysError `file_exists`,
 * `key_environment_mixed`, `passphrase_too_short`, `file_not_written`.
 */
export function createKeyFile(path: string, passphrase: string | null): Signer {
  const environment = environmentOfKey(path, passphrase !== null);
  const { privateKey } = generateKeyPairSync('ed25519');
  createFile(path, Buffer.from(privateKeyPem(privateKey, passphrase)), 0o600);
  return signerOf(privateKey, environment);
}

/**
 * Opens a key file for signing. Throws KeysError `key_file_unreadable`, `key_file_malformed`, `key_environment_mixed`,
 * `key_file_open_to_others`, `key_file_unsupported`, `passphrase_missing`, `passphrase_wrong`.
 */
export function openKeyFile(path: string, passphrase: string | null): Signer {
  const text = readKeyFile(path);
  const environment = environmentOfKey(path, isEncrypted(text, path));
  // An encrypted key may lie on a stick, whose file system knows no modes.
  if (environment === 'development' && process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new KeysError('key_file_open_to_others', `${path} can be read by other users: make its mode 0600.`);
  }
  const key = openPrivateKey(text, passphrase, path);
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new KeysError('key_file_unsupported', `${path} does not hold an Ed25519 key.`);
  }
  return signerOf(key, environment);
}

/** Whether a key file needs a passphrase. Throws KeysError `key_file_unreadable`, `key_file_malformed`. */
export function keyFileIsEncrypted(path: string): boolean {
  return isEncrypted(readKeyFile(path), path);
}

function readKeyFile(path: string): string {
  try {
    if (statSync(path).size > 65_536)
      throw new KeysError('key_file_malformed', `${path} is too large for a key file.`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError('key_file_unreadable', `${path} could not be read.`, { cause: error });
  }
}

function signerOf(privateKey: KeyObject, environment: Environment): Signer {
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const key = ed25519Key(spki.subarray(-32));
  return { keyId: keyIdOf(key), key, environment, sign: (bytes) => sign(null, bytes, privateKey) };
}
