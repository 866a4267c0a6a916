import type { LicenseCustom } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Db } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { readRoleFile, readWholeRoleFile, type RoleFile } from './metadata-folder.ts';
import type { PackedMember } from './pack-bundle.ts';

/** Where the newest version of a role is: in the metadata folder, or in the hands of a publication under way. */
export type RolePlace =
  | { readonly role: string; readonly version: number; readonly length: number; readonly digest: string }
  | RoleFile;

const packed = new WeakMap<Db, Map<string, RoleFile>>();

/**
 * The files of one customer's bundle, in the order of SPEC §6: every root, timestamp, snapshot, targets, registry, the
 * customer's role, and the roles of exactly the partners that the licence names. Files that stayed as they were are kept
 * packed in memory. `roles` has the newest version of every role, `roots` every root.
 * @throws Problem bundle_not_ready where a role is missing
 */
export function bundleMembers(
  context: Context,
  customerId: string,
  partners: LicenseCustom['partners'],
  { roots, roles }: { roots: readonly RolePlace[]; roles: ReadonlyMap<string, RolePlace> },
): PackedMember[] {
  const top = ['timestamp', 'snapshot', 'targets', 'registry', customerId];
  const named = [...roles.keys()].filter((role) => role.startsWith('p-') && isNamed(role, partners)).sort();
  const places = [...top, ...named].map((role) => {
    const place = roles.get(role);
    if (place === undefined)
      throw new Problem('bundle_not_ready', `Nothing has been published for ${role} yet.`);
    return place;
  });
  return [...roots, ...places].map((place) => memberOf(context, place));
}

/** The roots in the metadata folder up to this version. */
export function rootPlaces({ dataDir }: Context, version: number): RoleFile[] {
  return Array.from({ length: version }, (_, index) => readWholeRoleFile(dataDir, 'root', index + 1));
}

/** A partner's first role has the partner's id as its name; the others have a number behind it. */
function isNamed(role: string, partners: LicenseCustom['partners']): boolean {
  return partners === 'all' || partners.includes(role.slice(0, 28));
}

function memberOf(context: Context, place: RolePlace): PackedMember {
  if ('member' in place) return place.member;
  const kept = packed.get(context.db) ?? new Map<string, RoleFile>();
  packed.set(context.db, kept);
  const known = kept.get(place.role);
  if (known?.version === place.version) return known.member;
  const file = readRoleFile(context.dataDir, place);
  kept.set(place.role, file);
  return file.member;
}
