import { readBundle } from '../bundle.ts';
import { parseGrant, type Environment, type GrantCustom } from '../custom.ts';
import { isObject, member } from '../json.ts';
import type { OpenedBundle } from '../open-bundle.ts';
import { parseCeilings, parseRoster, type Ceilings, type Roster } from '../roster.ts';
import { isTime, secondsOf } from '../time.ts';
import { openDocument, type Document } from '../tuf/document.ts';
import { limits } from '../tuf/trusted-set.ts';

// What stands in the files of a bundle that has been opened, and so was verified whole: here they are only read again.

/** One signed role, and when it ends (seconds since 1970). */
export type SignedRole = { readonly role: string; readonly version: number; readonly expires: number };

/** The roles of an opened bundle in the order of its files, of roots the newest. */
export function signedRoles(bytes: Uint8Array, opened: OpenedBundle): readonly SignedRole[] {
  const roles = new Map<string, SignedRole>();
  for (const [name, file] of readBundle(bytes).files) {
    const [, number, role] = /^(?:([0-9]+)\.)?(.+)\.json$/.exec(name) ?? [];
    if (role === undefined) continue;
    const known = opened.partnerRoles.get(role);
    const version = role === 'timestamp' ? opened.versions.timestamp : Number(number);
    const expires = known?.expires ?? endOf(openDocument(file.bytes(), limits.delegated));
    roles.set(role, { role, version, expires });
  }
  return [...roles.values()];
}

/** The grants of an opened bundle that were approved for the deployment it was opened for. */
export function approvedGrants(bytes: Uint8Array, opened: OpenedBundle): readonly GrantCustom[] {
  const role = opened.customer.id;
  const refused = new Set(opened.refused.map(({ path }) => path));
  const targets = documentOf(bytes, role)?.signed.targets;
  if (!isObject(targets)) return [];
  return Object.entries(targets).flatMap(([path, target]) =>
    path.startsWith(`${role}/grant/`) && !refused.has(path) && isObject(target)
      ? [parseGrant(target.custom)]
      : [],
  );
}

/** The roster by which an opened bundle's approvals were judged. */
export function rosterIn(bytes: Uint8Array, environment: Environment): Roster | null {
  return policyIn(bytes, environment)?.roster ?? null;
}

/** The roster and the ceilings by which an opened bundle's statements were judged. */
export function policyIn(
  bytes: Uint8Array,
  environment: Environment,
): { readonly roster: Roster; readonly ceilings: Ceilings } | null {
  const signed = documentOf(bytes, 'targets')?.signed;
  const own = signed === undefined ? undefined : member(signed, 'x-appwarrant');
  if (!isObject(own)) return null;
  return { roster: parseRoster(own.roster, environment), ceilings: parseCeilings(own.ceilings) };
}

/** The vendor's verifier packages that the offline keys list, by digest. */
export function packagesIn(bytes: Uint8Array): ReadonlyMap<string, string> {
  const targets = documentOf(bytes, 'targets')?.signed.targets;
  return new Map(
    Object.entries(isObject(targets) ? targets : {}).flatMap(([path, target]): [string, string][] => {
      const hashes = isObject(target) ? target.hashes : undefined;
      const digest = isObject(hashes) ? hashes.sha256 : undefined;
      return typeof digest === 'string' ? [[digest, path.replace('packages/', '')]] : [];
    }),
  );
}

function documentOf(bytes: Uint8Array, role: string): Document | null {
  for (const [name, file] of readBundle(bytes).files) {
    if (name.endsWith(`.${role}.json`)) return openDocument(file.bytes(), limits.delegated);
  }
  return null;
}

function endOf({ signed }: Document): number {
  return typeof signed.expires === 'string' && isTime(signed.expires) ? secondsOf(signed.expires) : 0;
}
