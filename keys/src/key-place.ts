import { resolve, sep } from 'node:path';
import { KeysError } from './keys-error.ts';

/** The name of the only kind of folder in which a private key may lie unencrypted. */
export const DEVELOPMENT_FOLDER = 'development-keys';

/** What a private key may sign: `development` keys lie unencrypted below `development-keys`, `production` keys nowhere near. */
export type KeyKind = 'development' | 'production';

/**
 * Tells by its place and by its encryption which kind of key a file holds, and insists that the two agree: a key that
 * anybody could copy must look like one. Throws KeysError `key_kind_mixed`.
 */
export function keyKindOf(path: string, encrypted: boolean): KeyKind {
  const kind = isDevelopmentPlace(path) ? 'development' : 'production';
  if (kind === 'development' && encrypted) {
    throw new KeysError(
      'key_kind_mixed',
      `${path} is encrypted, so it is no development key: keep it outside of "${DEVELOPMENT_FOLDER}".`,
    );
  }
  if (kind === 'production' && !encrypted) {
    throw new KeysError(
      'key_kind_mixed',
      `${path} is not encrypted: only development keys may be so, and only in a folder called "${DEVELOPMENT_FOLDER}".`,
    );
  }
  return kind;
}

/** Whether a file of this path lies below a folder for development keys. */
export function isDevelopmentPlace(path: string): boolean {
  return resolve(path).split(sep).slice(0, -1).includes(DEVELOPMENT_FOLDER);
}
