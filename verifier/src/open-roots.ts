import type { Anchor } from './anchor.ts';
import type { BundleFiles } from './bundle-files.ts';
import { sha256Hex } from './digest.ts';
import type { RoleFloor } from './floor.ts';
import { Refused } from './refused.ts';
import { requireEnvironment, type RootPolicy } from './shape.ts';
import { documentOf, openDocument, type Document } from './tuf/document.ts';
import { limits, nextRoot, startFrom, type TrustedSet } from './tuf/trusted-set.ts';

export type OpenedRoots = { readonly set: TrustedSet; readonly policy: RootPolicy; readonly digest: string };

/**
 * Walks the roots of a bundle from the anchor's to the newest (SPEC §7.1). The walk passes through the highest root that was loaded
 * before, so it starts at that one in effect: no older root can lead elsewhere. Expiry is judged after the walk.
 *
 * Throws `wrong_registry`, `root_environment`, `below_anchor_minimum`, `rollback`, `equivocation`, `bundle_shape`, and what verifying
 * roots throws.
 */
export function openRoots(files: BundleFiles, anchor: Anchor, held: RoleFloor | undefined): OpenedRoots {
  const start = documentOf(anchor.root);
  let set = startFrom(start, new Uint8Array(), 0);
  requireEnvironment(start, anchor.environment);
  const anchored = set.root.body.version;
  if (anchored === 1) requireRegistry(start, anchor);

  let digest = '';
  let version = 1;
  for (; version === 1 || files.has(nameOf(version)); version += 1) {
    const file = files.take(nameOf(version));
    digest = file.member.digest;
    const bytes = file.bytes();
    if (version === 1) requireRegistry(openDocument(bytes, limits.root), anchor);
    if (version === anchored) requireSame(openDocument(bytes, limits.root), start, version);
    if (version > anchored) {
      set = nextRoot(set, bytes);
      requireEnvironment(set.root.document, anchor.environment);
    }
    if (version === held?.version && digest !== held.digest) {
      throw new Refused('equivocation', `Root ${version} was loaded before, with other bytes.`);
    }
  }
  const newest = version - 1;
  if (newest < anchored) {
    throw new Refused(
      'below_anchor_minimum',
      `Its root is ${newest}; the installed package knows root ${anchored}.`,
    );
  }
  if (held !== undefined && newest < held.version) {
    throw new Refused('rollback', `Its root is ${newest}; root ${held.version} was loaded before.`);
  }
  return { set, policy: requireEnvironment(set.root.document, anchor.environment), digest };
}

function nameOf(version: number): string {
  return `${version}.root.json`;
}

function requireRegistry({ signedBytes }: Document, anchor: Anchor): void {
  if (sha256Hex(signedBytes) !== anchor.registry) {
    throw new Refused('wrong_registry', 'Its first root is not the one that the installed package trusts.');
  }
}

function requireSame(found: Document, anchored: Document, version: number): void {
  if (sha256Hex(found.signedBytes) !== sha256Hex(anchored.signedBytes)) {
    throw new Refused('equivocation', `Root ${version} differs from the one in the installed package.`);
  }
}
