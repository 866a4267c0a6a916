import { detached } from './detached.ts';
import type { RoleFloor } from './floor.ts';
import { subjectName, type Revocation, type RevocationIndex } from './revocation.ts';

// A floor outlives the bundles that raised it: what it takes from them has texts of its own, and so does not keep the files that it came in.

export function keepRole(roles: Map<string, RoleFloor>, role: RoleFloor): void {
  const own = detached(role);
  roles.set(own.role, own);
}

/** Revocations that are kept, with those of a list. */
export function addRevocations(kept: RevocationIndex, list: Iterable<Revocation>): RevocationIndex {
  const index = new Map(kept);
  for (const revocation of list) {
    const name = subjectName(revocation.subject);
    if ((index.get(name)?.through ?? '') < revocation.through)
      index.set(detached(name), detached(revocation));
  }
  return index;
}
