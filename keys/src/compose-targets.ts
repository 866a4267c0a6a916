import {
  canonicalText,
  isObject,
  parseCeilings,
  parseRevocations,
  parseRoster,
} from '@appwarrant/verifier/formats';
import type {
  Ceilings,
  Environment,
  JsonObject,
  JsonValue,
  Revocation,
  Roster,
  Time,
} from '@appwarrant/verifier/formats';
import { isTimeValue, isVersion, readKeyring, requireThreshold, TUF_SPEC_VERSION } from './compose-root.ts';
import type { Keyring } from './compose-root.ts';
import { KeysError } from './keys-error.ts';
import { keyIdOf } from './signer.ts';

/** A verifier package that the vendor has handed out: `packages/<file>`. */
export type Package = { readonly path: string; readonly length: number; readonly digest: string };

/** All that the top-level `targets` says (SPEC §2.2). */
export type TargetsContent = {
  readonly version: number;
  readonly expires: Time;
  readonly packages: readonly Package[];
  /** The online keys to which everything of partners and customers is delegated. */
  readonly registry: Keyring;
  readonly roster: Roster;
  readonly ceilings: Ceilings;
  readonly revocations: readonly Revocation[];
};

/** The `signed` part of the top-level targets. Throws KeysError `threshold_invalid`, `key_repeated`. */
export function composeTargets(content: TargetsContent): JsonObject {
  const { ceilings, expires, packages, registry, revocations, roster, version } = content;
  requireThreshold('registry', registry);
  const keys = registry.keys.map((key) => [keyIdOf(key), key] as const);
  if (new Set(keys.map(([id]) => id)).size < keys.length) {
    throw new KeysError('key_repeated', 'The registry is given one key twice.');
  }
  const targets = packages.map(
    ({ digest, length, path }) => [path, { hashes: { sha256: digest }, length }] as const,
  );
  return {
    _type: 'targets',
    delegations: {
      keys: Object.fromEntries(keys),
      roles: [
        {
          keyids: keys.map(([id]) => id).sort(),
          name: 'registry',
          paths: ['p-*/*/*', 'c-*/*/*'],
          terminating: true,
          threshold: registry.threshold,
        },
      ],
    },
    expires,
    spec_version: TUF_SPEC_VERSION,
    targets: Object.fromEntries(targets),
    version,
    'x-appwarrant': { ceilings, revocations, roster },
  };
}

/**
 * Reads what composeTargets made, and refuses whatever it would write differently. Verifies no signature.
 * Throws KeysError `repository_malformed`, `file_malformed`, and what the readers of roster, ceilings and revocations
 * throw (Refused `roster_malformed`, `roster_threshold`, `key_malformed`, `revocation_malformed`).
 */
export function readTargets(signed: JsonValue | undefined, environment: Environment): TargetsContent {
  const refuse = (): never => {
    throw new KeysError(
      'repository_malformed',
      'This targets file says things that this version of the ceremony does not know.',
    );
  };
  if (!isObject(signed)) return refuse();
  const { delegations, expires, targets, version } = signed;
  const own = signed['x-appwarrant'];
  if (!isObject(delegations) || !isObject(targets) || !isObject(own)) return refuse();
  const { keys, roles } = delegations;
  if (!isObject(keys) || !Array.isArray(roles) || !isVersion(version) || !isTimeValue(expires))
    return refuse();
  const content: TargetsContent = {
    version,
    expires,
    packages: Object.entries(targets).map(([path, target]) => readPackage(path, target) ?? refuse()),
    registry: readKeyring((roles as readonly JsonValue[])[0], keys),
    roster: parseRoster(own['roster'], environment),
    ceilings: parseCeilings(own['ceilings']),
    revocations: parseRevocations(own['revocations']),
  };
  return canonicalText(composeTargets(content)) === canonicalText(signed) ? content : refuse();
}

/** Whether a path names a verifier package. */
export function isPackagePath(path: string): boolean {
  return /^packages\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(path);
}

function readPackage(path: string, target: JsonValue): Package | undefined {
  if (!isPackagePath(path) || !isObject(target)) return undefined;
  const { hashes, length } = target;
  const digest = isObject(hashes) ? hashes['sha256'] : undefined;
  if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest) || !isVersion(length)) return undefined;
  return { path, length, digest };
}
