import { readBundle } from '../../bundle.ts';
import { Refused } from '../../refused.ts';
import { documentOf, openDocument } from '../../tuf/document.ts';
import type { RoleKeys } from '../../tuf/key.ts';
import { parseTargets } from '../../tuf/roles.ts';
import { limits, nextRoot, startFrom, type TrustedSet } from '../../tuf/trusted-set.ts';
import type { Means } from './inspected.ts';

/** The newest root that is trusted here: the loaded bundle's, else the anchor's; null without an anchor. */
export function trustedRoot({ anchor, sight }: Means): TrustedSet | null {
  if (anchor instanceof Refused) return null;
  let set = startFrom(documentOf(anchor.root), new Uint8Array(), 0);
  const files = loadedFiles(sight);
  for (;;) {
    const next = files?.get(`${String(set.root.body.version + 1)}.root.json`);
    if (next === undefined) return set;
    set = nextRoot(set, next.bytes());
  }
}

/** Who may sign a role, as far as it is known here; null for roles that only a bundle could tell of. */
export function signersOf(role: string, means: Means): RoleKeys | null {
  const root = trustedRoot(means)?.root.body;
  if (root === undefined) return null;
  switch (role) {
    case 'timestamp':
    case 'snapshot':
    case 'targets':
      return root[role];
    case 'registry':
      return delegated('targets', role, means);
    default:
      return delegated('registry', role, means);
  }
}

function delegated(from: string, role: string, { sight }: Means): RoleKeys | null {
  for (const [name, file] of loadedFiles(sight) ?? []) {
    if (!name.endsWith(`.${from}.json`)) continue;
    const { signed } = openDocument(file.bytes(), limits.targets);
    return parseTargets(signed).delegations.find((delegation) => delegation.name === role) ?? null;
  }
  return null;
}

function loadedFiles(sight: Means['sight']) {
  if (sight instanceof Refused) return null;
  const current = sight.current();
  const found = [sight.incoming, sight.bundle].find((each) => each !== null && each.opened === current);
  return current === null || found === null || found === undefined ? null : readBundle(found.bytes).files;
}
