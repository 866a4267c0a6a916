import { describe, expect, test } from 'vitest';
import { timeOf } from '../../src/formats.ts';
import { bundleNow, openAt, openedAt, refusal, tellStory } from '../compose/story.ts';
import { addEntry, approve, day, entryCustom, makeAppKey, makeId } from '../compose/vendor.ts';

// What the entries of a bundle answer, whatever was asked of them before.

describe('The entries of a bundle', () => {
  test('are counted, and their partners, approved or not', () => {
    const story = tellStory();
    const { vendor } = story;
    expect(openedAt(story).entries.listed).toEqual({ entries: 1, partners: 1 });
    const partner = { id: makeId('p'), name: 'Another Partner' };
    for (let i = 0; i < 3; i += 1) addEntry(vendor, entryCustom(vendor, makeAppKey(), { partner }));
    // An overflow role is no partner of its own, nor is a role without entries.
    addEntry(vendor, entryCustom(vendor, makeAppKey(), { partner }), { role: `${partner.id}-2` });
    expect(openedAt(story).entries.listed).toEqual({ entries: 5, partners: 2 });
    const malformed = addEntry(vendor, entryCustom(vendor, makeAppKey()));
    malformed.custom = { ...malformed.custom, more: true };
    expect(openedAt(story).entries.listed).toEqual({ entries: 5, partners: 2 });
    vendor.targets = vendor.targets.filter(({ custom }) => custom.kind !== 'entry');
    expect(openedAt(story).entries.listed).toEqual({ entries: 0, partners: 0 });
  });

  test('are judged as many at a time as is asked, each once', () => {
    const story = tellStory();
    const { vendor, entry } = story;
    for (let i = 0; i < 4; i += 1) addEntry(vendor, entryCustom(vendor, makeAppKey()));
    const { entries: table } = openedAt(story);
    const count = (): number => table.judged().entries.length + table.judged().refused.length;
    const seen = [0, 2, 1, 0, 9, 9].map((most) => [table.judgeSome(most), count()]);
    expect(seen).toEqual([
      [5, 0],
      [3, 2],
      [2, 3],
      [2, 3],
      [0, 5],
      [0, 5],
    ]);
    expect(table.judged().entries.map(({ path }) => path)).toEqual([entry.path]);
    for (const { reason } of table.judged().refused) expect(reason.code).toBe('approvals_missing');
  });

  test('name the artifact that was approved', () => {
    const story = tellStory();
    const { entry } = openedAt(story).allowlist.findKey(story.key.thumbprint, story.vendor.now);
    expect(entry.artifact).toEqual({ digest: story.entry.digest, length: story.entry.length });
    expect(entry.role).toBe(story.entry.role);
  });
});

describe('A key', () => {
  test('stands at every moment for what is valid then, in whatever order moments are asked about', () => {
    const story = tellStory();
    const { vendor } = story;
    const key = makeAppKey();
    const partner = { id: makeId('p'), name: 'One Partner' };
    const valid = (from: number, until: number) => ({
      validFrom: timeOf(vendor.now + from * day),
      expires: timeOf(vendor.now + until * day),
    });
    const old = addEntry(vendor, entryCustom(vendor, key, { partner, ...valid(1, 20) }));
    const middle = addEntry(vendor, entryCustom(vendor, key, { partner, ...valid(5, 10) }));
    approve(vendor, [old, middle]);
    const { allowlist } = openedAt(story);
    const at = (days: number): readonly string[] =>
      allowlist.findKey(key.thumbprint, vendor.now + days * day).entries.map(({ path }) => path);
    const both = [middle.path, old.path].toSorted();
    for (let round = 0; round < 2; round += 1) {
      for (const days of [12, 6, 4, 9, 1, 19, 5, 10]) {
        expect(at(days).toSorted(), `day ${days}`).toEqual(days >= 5 && days < 10 ? both : [old.path]);
      }
      refusal('not_yet_valid', () => at(0));
      refusal('entry_expired', () => at(20));
    }
  });

  test('is in two apps even where one of its entries is misplaced: only revocation takes an entry out', () => {
    const story = tellStory();
    const { vendor } = story;
    const key = makeAppKey();
    const [right, wrong] = ['first', 'second'].map((id) =>
      addEntry(vendor, entryCustom(vendor, key, { app: { id, name: id } })),
    ) as [ReturnType<typeof addEntry>, ReturnType<typeof addEntry>];
    approve(vendor, [right, wrong]);
    // It stands in the role of a partner whose it is not.
    wrong.path = wrong.path.replace(wrong.role, right.role);
    wrong.role = right.role;
    const { allowlist } = openAt(story, bundleNow(story));
    refusal('key_in_two_apps', () => allowlist.findKey(key.thumbprint, vendor.now));
  });

  test('is, for messages, the newest entry’s that names it, approved or not', () => {
    const story = tellStory();
    const { vendor } = story;
    const key = makeAppKey();
    const partner = { id: makeId('p'), name: 'One Partner' };
    for (const [id, issued] of [
      ['first', 2],
      ['second', 3],
      ['third', 1],
    ] as const) {
      const dates = { issued: timeOf(vendor.now - 10 + issued), validFrom: timeOf(vendor.now) };
      addEntry(vendor, entryCustom(vendor, key, { partner, app: { id, name: id }, ...dates }));
    }
    const { whose } = openedAt(story).entries;
    expect(whose(key.thumbprint)?.app.id).toBe('second');
    expect(whose(story.key.thumbprint)?.app.id).toBe('orders');
    expect(whose(makeAppKey().thumbprint)).toBe(null);
  });

  test('that nobody lists is unknown each time that it is asked for', () => {
    const story = tellStory();
    const { allowlist } = openedAt(story);
    const { thumbprint } = makeAppKey();
    for (let i = 0; i < 3; i += 1) {
      refusal('app_not_approved', () => allowlist.findKey(thumbprint, story.vendor.now));
      refusal('app_not_approved', () => allowlist.findAttester(thumbprint, story.vendor.now));
      expect(allowlist.isListed(thumbprint)).toBe(false);
    }
  });
});
