import { canonicalText, isObject, isTime } from '@appwarrant/verifier/formats';
import type { Environment, JsonObject, JsonValue, Time } from '@appwarrant/verifier/formats';
import { KeysError } from './keys-error.ts';
import { keyIdOf, parseTufKey } from './signer.ts';
import type { TufKey } from './signer.ts';

/** The version of The Update Framework that our metadata follows. */
export const TUF_SPEC_VERSION = '1.0.34';

/** Who holds a role: `threshold` of these keys together. */
export type Keyring = { readonly keys: readonly TufKey[]; readonly threshold: number };

export const ROOT_ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type RootRole = (typeof ROOT_ROLES)[number];

/** All that a root says (SPEC §2.1). */
export type RootContent = {
  readonly version: number;
  readonly environment: Environment;
  readonly signedAt: Time;
  readonly expires: Time;
  readonly roles: Readonly<Record<RootRole, Keyring>>;
};

/**
 * The `signed` part of a root. No key stands under two roles, so that losing one loses one thing.
 * Throws KeysError `threshold_invalid`, `key_repeated`, `expiry_invalid`.
 */
export function composeRoot(content: RootContent): JsonObject {
  const { environment, expires, roles, signedAt, version } = content;
  if (expires <= signedAt)
    throw new KeysError('expiry_invalid', 'A root ends after it was signed, not before.');
  const keys: Record<string, TufKey> = {};
  for (const role of ROOT_ROLES) {
    requireThreshold(role, roles[role]);
    for (const key of roles[role].keys) {
      const id = keyIdOf(key);
      if (Object.hasOwn(keys, id)) {
        throw new KeysError(
          'key_repeated',
          `Key ${id.slice(0, 8)}… is given twice; every role needs keys of its own.`,
        );
      }
      keys[id] = key;
    }
  }
  const named = ROOT_ROLES.map((role) => {
    return [
      role,
      { keyids: roles[role].keys.map(keyIdOf).sort(), threshold: roles[role].threshold },
    ] as const;
  });
  return {
    _type: 'root',
    consistent_snapshot: true,
    expires,
    keys,
    roles: Object.fromEntries(named),
    spec_version: TUF_SPEC_VERSION,
    version,
    'x-appwarrant': { environment, signedAt },
  };
}

/**
 * Reads what composeRoot made, and refuses whatever it would write differently: a ceremony must not drop a member that
 * it does not know. Verifies no signature. Throws KeysError `repository_malformed`.
 */
export function readRoot(signed: JsonValue | undefined): RootContent {
  const refuse = (): never => {
    throw new KeysError(
      'repository_malformed',
      'This root says things that this version of the ceremony does not know.',
    );
  };
  if (!isObject(signed)) return refuse();
  const { expires, keys, roles, version } = signed;
  const own = signed['x-appwarrant'];
  if (!isObject(own) || !isObject(keys) || !isObject(roles) || !isVersion(version) || !isTimeValue(expires))
    return refuse();
  const { environment, signedAt } = own;
  if ((environment !== 'production' && environment !== 'development') || !isTimeValue(signedAt))
    return refuse();
  const content: RootContent = {
    version,
    environment,
    signedAt,
    expires,
    roles: {
      root: readKeyring(roles['root'], keys),
      targets: readKeyring(roles['targets'], keys),
      snapshot: readKeyring(roles['snapshot'], keys),
      timestamp: readKeyring(roles['timestamp'], keys),
    },
  };
  return canonicalText(composeRoot(content)) === canonicalText(signed) ? content : refuse();
}

/** Throws KeysError `threshold_invalid` unless 1 ≤ threshold ≤ number of keys. */
export function requireThreshold(role: string, keyring: Keyring): void {
  const { keys, threshold } = keyring;
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > keys.length) {
    throw new KeysError(
      'threshold_invalid',
      `${role}: ${threshold} of ${keys.length} keys is no threshold; it is at least 1 and at most the number of keys.`,
    );
  }
}

/** Reads a role's key ids and threshold, and finds its keys. Throws KeysError `repository_malformed`, `file_malformed`. */
export function readKeyring(role: JsonValue | undefined, keys: JsonObject): Keyring {
  const ids = isObject(role) ? role['keyids'] : undefined;
  const threshold = isObject(role) ? role['threshold'] : undefined;
  if (!Array.isArray(ids) || typeof threshold !== 'number') {
    throw new KeysError('repository_malformed', 'A role lacks its keys or its threshold.');
  }
  const found = (ids as readonly JsonValue[]).map((id) => {
    return parseTufKey(
      typeof id === 'string' && Object.hasOwn(keys, id) ? keys[id] : undefined,
      'The metadata',
    );
  });
  return { keys: found, threshold };
}

/** The version of something composed here, as text. Throws KeysError `repository_malformed`. */
export function versionOf(signed: JsonObject): string {
  const { version } = signed;
  if (!isVersion(version)) throw new KeysError('repository_malformed', 'Metadata has a version.');
  return String(version);
}

/** Whether a value is a version of metadata. */
export function isVersion(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

/** Whether a value is a time of SPEC §1.5. */
export function isTimeValue(value: JsonValue | undefined): value is Time {
  return typeof value === 'string' && isTime(value);
}
