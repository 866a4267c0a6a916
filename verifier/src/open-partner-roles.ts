import type { BundleFiles } from './bundle-files.ts';
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
  /** Who might sign it, under which names, and how many of them had to. */
  readonly signers: string;
  /** The file, packed and unpacked: its bytes, and the unpacked length. */
  readonly packed: Uint8Array;
  readonly length: number;
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

function openRole(
  files: BundleFiles,
  set: TrustedSet,
  role: string,
  signers: RoleKeys,
  held: OpenedPartnerRole | undefined,
): OpenedPartnerRole {
  const { version, length, hashes } = targetsMeta(set, role);
  const file = files.take(`${version}.${role}.json`);
  const signedBy = nameSigners(signers);
  const unchanged =
    held !== undefined &&
    held.floor.version === version &&
    held.floor.digest === file.member.digest &&
    held.length === file.member.length &&
    held.signers === signedBy &&
    length === undefined &&
    hashes === undefined &&
    isSame(held.packed, file.packed);
  if (unchanged) {
    requireUnexpired(role, held, set.now);
    return held;
  }
  const bytes = file.bytes();
  const document = openTargetsDocument(bytes, limits.delegated);
  const trusted = verifyTargetsDocument(set, bytes, role, signers, document);
  requireLeaf(role, trusted);
  return {
    floor: { role, version, digest: file.member.digest, keys: keyDigests(signers) },
    expires: trusted.body.expires,
    signers: signedBy,
    packed: ownBytes(file.packed),
    length: file.member.length,
    content: readPartnerEntries(role, trusted.body, document.scanned),
  };
}

/** One text for each set of signers. Their ids are part of it, because signatures name them: under another id none of them would count. */
function nameSigners({ keys, threshold }: RoleKeys): string {
  const ids = [...keys.keys()].sort();
  return JSON.stringify([threshold, ids.map((id) => [id, keys.get(id)?.digest])]);
}

/** The portal, which never changes a packed file, hands in the same array again and again. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0;
}

/** A part of a bundle, by itself: as a view it would keep the whole bundle in memory, one for each role that changed at another time. */
function ownBytes(part: Uint8Array): Uint8Array {
  return part.length === part.buffer.byteLength ? part : new Uint8Array(part);
}
