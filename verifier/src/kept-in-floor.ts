import { detached } from './detached.ts';
import { mergeRevocations, subjectName, type Revocation, type RevocationIndex } from './revocation.ts';

// A floor outlives the bundles that raised it: what it takes from them has texts of its own, and so does not keep the files that it came in.

/** Puts what a floor says of a role into its list. */
export function keepRole<Role extends { readonly role: string }>(roles: Map<string, Role>, role: Role): void {
  const own = detached(role);
  roles.set(own.role, own);
}

/** Revocations that are kept, with those of a list. */
export function addRevocations(kept: RevocationIndex, list: Iterable<Revocation>): RevocationIndex {
  return mergeRevocations(kept.values(), unlessKept(kept, list));
}

function* unlessKept(kept: RevocationIndex, list: Iterable<Revocation>): Generator<Revocation, void> {
  for (const revocation of list)
    if (kept.get(subjectName(revocation.subject))?.through !== revocation.through) yield detached(revocation);
}
