import { canonical, sha256Hex } from '@appwarrant/verifier/formats';
import { readRoot } from './compose-root.ts';
import type { RootContent } from './compose-root.ts';
import { readTargets } from './compose-targets.ts';
import type { TargetsContent } from './compose-targets.ts';
import { KeysError } from './keys-error.ts';
import { parseSealed, requireSigned } from './sealed-document.ts';

/** What the offline keys have signed so far, verified. */
export type Repository = {
  /** The registry id: the digest of the canonical `signed` of root version 1 (SPEC §2.1). */
  readonly registry: string;
  readonly root: RootContent;
  readonly targets: TargetsContent;
};

/** The public files of the offline roles: every root from version 1, and the newest targets. */
export type RepositoryFiles = { readonly roots: readonly Uint8Array[]; readonly targets: Uint8Array };

const ROOT_BYTES = 512 * 1024;
const TARGETS_BYTES = 16 * 1024 * 1024;

/**
 * Verifies the chain of roots and the targets under the newest of them, as the verifier does, but not their ends: a
 * ceremony is what renews them. Throws KeysError `file_malformed`, `repository_malformed`, `signatures_missing`,
 * `environment_fixed`, and Refused with the reasons of a malformed roster, ceiling or revocation.
 */
export function openRepository(files: RepositoryFiles): Repository {
  const { registry, root } = openRoots(files.roots);
  const document = parseSealed(files.targets, TARGETS_BYTES, 'The targets file');
  requireSigned(document, root.roles.targets, 'The targets file');
  return { registry, root, targets: readTargets(document.signed, root.environment) };
}

function openRoots(roots: readonly Uint8Array[]): { registry: string; root: RootContent } {
  let registry = '';
  let held: RootContent | undefined;
  for (const [index, bytes] of roots.entries()) {
    const name = `Root ${index + 1}`;
    const document = parseSealed(bytes, ROOT_BYTES, name);
    const next = readRoot(document.signed);
    if (next.version !== index + 1) {
      throw new KeysError('repository_malformed', `${name} says that it is version ${next.version}.`);
    }
    if (held === undefined) registry = sha256Hex(canonical(document.signed));
    else requireSuccession(held, next);
    if (held !== undefined)
      requireSigned(document, held.roles.root, `${name}, by the keys of the root before it,`);
    requireSigned(document, next.roles.root, name);
    held = next;
  }
  if (held === undefined) throw new KeysError('repository_malformed', 'There is no root here.');
  return { registry, root: held };
}

/**
 * What no later root may change. Throws KeysError `environment_fixed`: a development root never becomes a production
 * root, nor the reverse; or `repository_malformed` where versions or times go backwards.
 */
export function requireSuccession(held: RootContent, next: RootContent): void {
  if (next.environment !== held.environment) {
    throw new KeysError(
      'environment_fixed',
      `A ${held.environment} root never becomes a ${next.environment} root: create a new registry instead.`,
    );
  }
  if (next.version !== held.version + 1 || next.signedAt < held.signedAt) {
    throw new KeysError('repository_malformed', `Root ${next.version} does not follow root ${held.version}.`);
  }
}
