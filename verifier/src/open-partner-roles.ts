import type { BundleFiles } from './bundle-files.ts';
import { sha256Hex } from './digest.ts';
import type { RoleFloor } from './floor.ts';
import { partnerRolePattern } from './ids.ts';
import { readPartnerEntries, type PartnerEntries } from './partner-entries.ts';
import { requireLeaf } from './shape.ts';
import { keyDigests, type RoleKeys } from './tuf/key.ts';
import type { Delegation } from './tuf/roles.ts';
import { openTargetsDocument } from './tuf/targets-document.ts';
import { limits, requireUnexpired, targetsMeta, verifyTargetsDocument } from './tuf/trusted-set.ts';
import type { TrustedSet } from './tuf/trusted-set.ts';

/** A partner role that was verified, with what makes it the same at the next load. `expires` in seconds. */
export type OpenedPartnerRole = {
  readonly floor: RoleFloor;
  readonly expires: number;
  readonly threshold: number;
  /** SHA-256 of the packed file. */
  readonly packed: string;
  readonly content: PartnerEntries;
};

/**
 * Opens exactly the partner roles that a licence names, overflow included, in order of their names (SPEC §6). A role that `held` knows
 * with the same packed bytes, version and signers was verified before, and is not read again.
 */
export function openPartnerRoles(
  files: BundleFiles,
  set: TrustedSet,
  roles: ReadonlyMap<string, Delegation>,
  partners: 'all' | readonly string[],
  held: ReadonlyMap<string, OpenedPartnerRole> | undefined,
): ReadonlyMap<string, OpenedPartnerRole> {
  const licensed = partners === 'all' ? undefined : new Set(partners);
  const opened = new Map<string, OpenedPartnerRole>();
  for (const role of [...roles.keys()].sort()) {
    const partner = partnerRolePattern.exec(role)?.[1];
    if (partner === undefined || (licensed !== undefined && !licensed.has(partner))) continue;
    opened.set(role, openRole(files, set, role, roles.get(role) as Delegation, held?.get(role)));
  }
  return opened;
}

const digests = new WeakMap<Uint8Array, string>();

/** Of a packed file: the portal, which never changes one, hands in the same array again and again. */
function digestOf(packed: Uint8Array): string {
  const known = digests.get(packed);
  if (known !== undefined) return known;
  const digest = sha256Hex(packed);
  digests.set(packed, digest);
  return digest;
}

function openRole(
  files: BundleFiles,
  set: TrustedSet,
  role: string,
  signers: RoleKeys,
  held: OpenedPartnerRole | undefined,
): OpenedPartnerRole {
  const { version, length, hashes } = targetsMeta(set, role);
  const file = files.take(`${version}.${role}.json`);
  const packed = digestOf(file.packed);
  const keys = keyDigests(signers);
  const unchanged =
    held !== undefined &&
    held.packed === packed &&
    held.floor.version === version &&
    held.threshold === signers.threshold &&
    held.floor.keys.join() === keys.join() &&
    length === undefined &&
    hashes === undefined;
  if (unchanged) {
    requireUnexpired(role, held, set.now);
    return held;
  }
  const bytes = file.bytes();
  const document = openTargetsDocument(bytes, limits.delegated);
  const trusted = verifyTargetsDocument(set, bytes, role, signers, document);
  requireLeaf(role, trusted);
  return {
    floor: { role, version, digest: file.member.digest, keys },
    expires: trusted.body.expires,
    threshold: signers.threshold,
    packed,
    content: readPartnerEntries(role, trusted.body, document.scanned),
  };
}
