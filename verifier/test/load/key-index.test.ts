import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { indexKeys, type KeyIndex } from '../../src/key-index.ts';
import type { PartnerEntries, UnverifiedEntry } from '../../src/partner-entries.ts';

// What an index took over from the bundle before must never show.

type Roles = ReadonlyMap<string, PartnerEntries>;

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`);

const content = fc.array(fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1, maxLength: 3 }), {
  maxLength: 6,
});
/** What one publication does to each role: nothing, replace its entries, or take it away. */
const publication = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant('same' as const) },
    { weight: 1, arbitrary: fc.constant('gone' as const) },
    { weight: 2, arbitrary: content },
  ),
  { minLength: names.length, maxLength: names.length },
);

function entriesOf(role: string, lists: readonly (readonly string[])[]): PartnerEntries {
  const entries = lists.map(
    (thumbprints, i) => ({ role, path: `${role}/${i}`, thumbprints }) as UnverifiedEntry,
  );
  return { entries, refused: [] };
}

function next(roles: Roles, changes: readonly ('same' | 'gone' | readonly (readonly string[])[])[]): Roles {
  return new Map(
    names.flatMap((role, i): [string, PartnerEntries][] => {
      const change = changes[i] ?? 'same';
      const before = roles.get(role);
      if (change === 'gone' || (change === 'same' && before === undefined)) return [];
      return [[role, change === 'same' ? (before as PartnerEntries) : entriesOf(role, change)]];
    }),
  );
}

const found = (index: KeyIndex, key: string): ReadonlySet<UnverifiedEntry> => new Set(index.entriesOf(key));

describe('The index of keys', () => {
  test('finds after any number of loads what one that is made at once finds', () => {
    fc.assert(
      fc.property(
        content,
        fc.array(fc.tuple(publication, fc.boolean()), { maxLength: 6 }),
        (large, history) => {
          // A large first role that stays lets the others change often without a new index.
          let roles: Roles = new Map([
            ['0', entriesOf('0', [...Array<string[]>(60).fill(['key 0']), ...large])],
          ]);
          let index = indexKeys(roles, undefined);
          for (const [changes, asked] of history) {
            roles = new Map([...roles].filter(([role]) => role === '0').concat([...next(roles, changes)]));
            index = indexKeys(roles, index);
            if (!asked) continue;
            const fresh = indexKeys(roles, undefined);
            for (const key of keys) expect(found(index, key)).toEqual(found(fresh, key));
          }
        },
      ),
    );
  });

  test('is made anew once more than an eighth has changed, and keeps nothing of what was', () => {
    const roles = new Map(names.map((role) => [role, entriesOf(role, [[`key ${role}`]])]));
    const first = indexKeys(roles, undefined);
    const one = indexKeys(new Map([...roles, ['new', entriesOf('new', [['key new']])]]), first);
    expect(one.whole).toBe(first.whole);
    const two = indexKeys(next(roles, ['gone', 'gone']), first);
    expect([...two.whole.roles.keys()]).toEqual(names.slice(2));
  });

  test('finds nothing under a name that no entry has', () => {
    expect(indexKeys(new Map(), undefined).entriesOf('constructor')).toEqual([]);
  });
});
