import { detached } from './detached.ts';
import { subjectName, type Revocation, type RevocationIndex } from './revocation.ts';

/** Revocations that are kept, with those of a list: what is taken from it has texts of its own, and so does not keep the file that it came in. */
export function addRevocations(kept: RevocationIndex, list: Iterable<Revocation>): RevocationIndex {
  const index = new Map(kept);
  for (const revocation of list) {
    const known = index.get(subjectName(revocation.subject));
    if (known !== undefined && known.through >= revocation.through) continue;
    const own = detached(revocation);
    index.set(subjectName(own.subject), own);
  }
  return index;
}
