import { ROOT_ROLES } from './compose-root.ts';
import type { Keyring, RootContent } from './compose-root.ts';
import { KeysError } from './keys-error.ts';
import { keyIdOf } from './signer.ts';

/**
 * The registry's keys hold none of the roles that stand in root: composeRoot sees to those among themselves, and here is
 * the one role whose keys stand in another file. Throws KeysError `key_repeated`.
 */
export function requireSeparateKeys(root: RootContent, registry: Keyring): void {
  const online = new Set(registry.keys.map(keyIdOf));
  for (const role of ROOT_ROLES) {
    if (root.roles[role].keys.some((key) => online.has(keyIdOf(key)))) {
      throw new KeysError(
        'key_repeated',
        `The registry's key would hold ${role}, too; every role needs keys of its own.`,
      );
    }
  }
}
