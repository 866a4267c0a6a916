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
 * Walks the roots of a bundle from the first, which the registry id names, to the newest (SPEC §7.1). The walk passes through the
 * anchor's root and the highest that was loaded before: no older root can lead elsewhere, and no anchor can name a registry whose keys
 * did not lead to its root. Expiry is judged after the walk.
 *
 * Throws `wrong_registry`, `root_environment`, `below_anchor_minimum`, `rollback`, `equivocation`, `bundle_shape`, and what verifying
 * roots throws.
 */
export function openRoots(files: BundleFiles, anchor: Anchor, held: RoleFloor | undefined): OpenedRoots {
  const { document: anchorRoot, body } = startFrom(documentOf(anchor.root), new Uint8Array(), 0).root;
  const anchored = body.version;

  const first = files.take(nameOf(1));
  let set = startOf(first.bytes(), anchor);
  let { digest } = first.member;
  let version = 1;
  for (;;) {
    const { document } = set.root;
    requireEnvironment(document, anchor.environment);
    if (version === anchored) requireSame(document, anchorRoot, version);
    if (version === held?.version && digest !== held.digest) {
      throw new Refused('equivocation', `Root ${version} was loaded before, with other bytes.`);
    }
    if (!files.has(nameOf(version + 1))) break;
    version += 1;
    const file = files.take(nameOf(version));
    digest = file.member.digest;
    set = nextRoot(set, file.bytes());
  }
  if (version < anchored) {
    throw new Refused(
      'below_anchor_minimum',
      `Its root is ${version}; the installed package knows root ${anchored}.`,
    );
  }
  if (held !== undefined && version < held.version) {
    throw new Refused('rollback', `Its root is ${version}; root ${held.version} was loaded before.`);
  }
  return { set, policy: requireEnvironment(set.root.document, anchor.environment), digest };
}

function nameOf(version: number): string {
  return `${version}.root.json`;
}

function startOf(bytes: Uint8Array, anchor: Anchor): TrustedSet {
  const document = openDocument(bytes, limits.root);
  if (sha256Hex(document.signedBytes) !== anchor.registry) {
    throw new Refused('wrong_registry', 'Its first root is not the one that the installed package trusts.');
  }
  return startFrom(document, bytes, 0);
}

function requireSame(found: Document, anchored: Document, version: number): void {
  if (sha256Hex(found.signedBytes) !== sha256Hex(anchored.signedBytes)) {
    throw new Refused('equivocation', `Root ${version} differs from the one in the installed package.`);
  }
}
