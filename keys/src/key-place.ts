import { resolve, sep } from 'node:path';
import type { Environment } from '@appwarrant/verifier/formats';
import { KeysError } from './keys-error.ts';

/** The name of the only kind of folder in which a private key may lie unencrypted. */
export const DEVELOPMENT_FOLDER = 'development-keys';

/**
 * Tells by its place and by its encryption which environment a key file is for: `development` keys lie unencrypted below
 * `development-keys`, `production` keys encrypted and anywhere else. And insists that the two agree: a key that
 * anybody could copy must look like one. Throws KeysError `key_environment_mixed`.
 */
export function environmentOfKey(path: string, encrypted: boolean): Environment {
  const environment = isDevelopmentPlace(path) ? 'development' : 'production';
  if (environment === 'development' && encrypted) {
    throw new KeysError(
      'key_environment_mixed',
      `${path} is encrypted, so it is no development key: keep it outside of "${DEVELOPMENT_FOLDER}".`,
    );
  }
  if (environment === 'production' && !encrypted) {
    throw new KeysError(
      'key_environment_mixed',
      `${path} is not encrypted: only development keys may be so, and only in a folder called "${DEVELOPMENT_FOLDER}".`,
    );
  }
  return environment;
}

/** Whether a file of this path lies below a folder for development keys. */
export function isDevelopmentPlace(path: string): boolean {
  return resolve(path).split(sep).slice(0, -1).includes(DEVELOPMENT_FOLDER);
}
