import { detached } from './detached.ts';
import { subjectName, type Revocation, type RevocationIndex } from './revocation.ts';

// A floor outlives the bundles that raised it: what it takes from them has texts of its own, and so does not keep the files that it came in.

/** Puts what a floor says of a role into its list. */
export function keepRole<Role extends { readonly role: string }>(roles: Map<string, Role>, role: Role): void {
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
