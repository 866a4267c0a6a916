import type { PartnerEntries, UnverifiedEntry } from './partner-entries.ts';

/** The entries of a bundle by the thumbprints of their keys, approved or not. */
export type KeyIndex = {
  /** The entries that name this key. */
  readonly entriesOf: (thumbprint: string) => readonly UnverifiedEntry[];
  /** What the index of the next bundle can start from. */
  readonly whole: WholeIndex;
};

type Roles = ReadonlyMap<string, PartnerEntries>;
type ByKey = ReadonlyMap<string, UnverifiedEntry | UnverifiedEntry[]>;

/** An index of all entries of some roles. */
type WholeIndex = { readonly roles: Roles; readonly byKey: () => ByKey };

/**
 * Indexes the entries of partner roles, when it is first asked. `held` is the index of the bundle before: as most roles stay the same,
 * theirs are not indexed again, and what has changed is kept beside them. What is found does not depend on it.
 */
export function indexKeys(roles: Roles, held: KeyIndex | undefined): KeyIndex {
  const whole = held !== undefined && isMostly(held.whole.roles, roles) ? held.whole : indexWhole(roles);
  const gone = differing(whole.roles, roles);
  const added = indexed(differing(roles, whole.roles).values());
  return {
    whole,
    entriesOf: (thumbprint) => {
      const found = asList(whole.byKey().get(thumbprint));
      const current = gone.size === 0 ? found : found.filter(({ role }) => !gone.has(role));
      const more = asList(added().get(thumbprint));
      return more.length === 0 ? current : [...current, ...more];
    },
  };
}

/** Whether so few entries have changed that they are better kept beside the others: an eighth at most. */
function isMostly(before: Roles, after: Roles): boolean {
  const changed = count(differing(before, after)) + count(differing(after, before));
  return 8 * changed <= count(before);
}

/** What is in one, and not the very same in the other. */
function differing(one: Roles, other: Roles): Roles {
  return new Map([...one].filter(([role, entries]) => other.get(role) !== entries));
}

function count(roles: Roles): number {
  let sum = 0;
  for (const { entries } of roles.values()) sum += entries.length;
  return sum;
}

function indexWhole(roles: Roles): WholeIndex {
  return { roles, byKey: indexed(roles.values()) };
}

function indexed(roles: Iterable<PartnerEntries>): () => ByKey {
  let made: ByKey | undefined;
  return () => (made ??= groupByKey(roles));
}

function groupByKey(roles: Iterable<PartnerEntries>): ByKey {
  const byKey = new Map<string, UnverifiedEntry | UnverifiedEntry[]>();
  for (const { entries } of roles) {
    for (const entry of entries) {
      for (const name of entry.thumbprints) {
        const known = byKey.get(name);
        // Nearly every key has one entry; a list for each would double what the index weighs.
        if (known === undefined) byKey.set(name, entry);
        else if (Array.isArray(known)) known.push(entry);
        else byKey.set(name, [known, entry]);
      }
    }
  }
  return byKey;
}

const none: readonly UnverifiedEntry[] = [];

function asList(found: UnverifiedEntry | readonly UnverifiedEntry[] | undefined): readonly UnverifiedEntry[] {
  if (found === undefined) return none;
  return isList(found) ? found : [found];
}

function isList(found: UnverifiedEntry | readonly UnverifiedEntry[]): found is readonly UnverifiedEntry[] {
  return Array.isArray(found);
}
