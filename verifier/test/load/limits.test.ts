import { describe, expect, test } from 'vitest';
import { canonical, type JsonObject, type ReasonCode } from '../../src/formats.ts';
import { assemble } from '../compose/pack.ts';
import { bundleNow, later, openAt, openedAt, refusedLoad, tellStory, type Story } from '../compose/story.ts';
import { bundleOf, publish, signRoot, type Publication, type Tamper } from '../compose/vendor.ts';

// What those who hold a role's keys can write into its file, and what those on the way can do to its text: sizes, depth, members that
// come twice, and second spellings. Each is refused before anything of it counts, and moves no state.

const roles = ['root', 'timestamp', 'snapshot', 'targets', 'registry', 'partner', 'customer'] as const;
type Role = (typeof roles)[number];

function nameOf(story: Story, role: Role): string {
  if (role === 'partner') return story.entry.role;
  return role === 'customer' ? story.customer : role;
}

/** A second root, so that there is one whose file was not loaded before. */
function publishNext(story: Story, tamper: Tamper): Publication {
  later(story, 1);
  signRoot(story.vendor, [], tamper);
  return publish(story.vendor, tamper);
}

/** A bundle in which one role says more, and signs it. */
function saying(story: Story, role: Role, more: JsonObject): Uint8Array {
  const name = nameOf(story, role);
  const publication = publishNext(story, (each, signed) => (each === name ? { ...signed, ...more } : signed));
  return bundleOf(story.vendor, story.customer, publication);
}

/** A bundle in which one role's file has another text. */
function spelling(story: Story, role: Role, change: (text: string) => string): Uint8Array {
  const publication = publishNext(story, (_, signed) => signed);
  const end = role === 'timestamp' ? 'timestamp.json' : `.${nameOf(story, role)}.json`;
  const files = new Map(publication.files);
  const file = [...files.keys()].findLast((each) => each.endsWith(end)) ?? '';
  const text = Buffer.from(files.get(file) as Uint8Array).toString('latin1');
  const changed = change(text);
  expect(changed).not.toBe(text);
  files.set(file, Buffer.from(changed, 'latin1'));
  return bundleOf(story.vendor, story.customer, { ...publication, files });
}

/** The story's site holds a bundle; the next one is refused, and the honest one after it is not. */
function expectRefused(code: ReasonCode, make: (story: Story) => Uint8Array): void {
  const story = tellStory();
  const held = openedAt(story);
  refusedLoad(code, story, held, make(story));
  story.vendor.roots.splice(1);
  later(story, 1);
  const next = openAt(story, bundleNow(story), { held, floor: held.nextFloor });
  expect(next.versions.timestamp).toBeGreaterThan(held.versions.timestamp);
}

describe('Metadata', () => {
  test.each<[Role, number]>([
    ['root', 512 * 1024],
    ['timestamp', 64 * 1024],
    ['snapshot', 4 * 1024 * 1024],
    ['targets', 16 * 1024 * 1024],
    ['registry', 16 * 1024 * 1024],
  ])('of %s of more than %i bytes is refused, whoever signed it', (role, most) => {
    expectRefused('too_large', (story) => saying(story, role, { padding: 'x'.repeat(most) }));
  });

  test('of one partner of more than 64 MiB is refused before it is unpacked', () => {
    expectRefused('too_large', (story) => {
      const bytes = Buffer.from(saying(story, 'partner', {}));
      const length = bytes.readUInt32BE(20);
      const index = JSON.parse(bytes.subarray(24, 24 + length).toString()) as { files: { length: number }[] };
      const last = index.files.at(-1);
      if (last === undefined) throw new Error('no files');
      last.length = 64 * 1024 * 1024 + 1;
      return assemble(canonical(index), [bytes.subarray(24 + length)]);
    });
  });

  test.each(roles)('of %s nested more than 32 deep is refused, whoever signed it', (role) => {
    // The file itself and `signed` are two of them.
    const nested = (depth: number): JsonObject =>
      depth === 0 ? {} : { a: depth % 2 === 0 ? nested(depth - 1) : [nested(depth - 1)] };
    const deep = (text: string) => JSON.parse(text) as JsonObject;
    expectRefused('json_malformed', (story) =>
      saying(story, role, deep(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`)),
    );
    expectRefused('json_malformed', (story) => saying(story, role, { deep: nested(200) }));
    const story = tellStory();
    const held = openedAt(story);
    const most = saying(story, role, deep(`{"a":${'['.repeat(30)}${']'.repeat(30)}}`));
    expect(openAt(story, most, { held, floor: held.nextFloor }).versions.timestamp).toBe(2);
  });

  const twice: readonly (readonly [string, (text: string) => string])[] = [
    ['the version', (text) => text.replace('"version":', '"version":1,"version":')],
    ['the version, escaped', (text) => text.replace('"version":', '"vers\\u0069on":1,"version":')],
    ['the type', (text) => text.replace('"_type":', '"_type":"root","_type":')],
    ['all that is signed', (text) => text.replace('"signed":', '"signed":{},"signed":')],
    ['the signatures', (text) => text.replace('"signatures":', '"signatures":[],"signatures":')],
    ['a key of a signature', (text) => text.replace('"keyid":', '"keyid":"x","keyid":')],
  ];
  const spellings: readonly (readonly [string, (text: string) => string])[] = [
    ['a version with a fraction', (text) => text.replace(/"version":(\d+)/, '"version":$1.0')],
    ['a version with an exponent', (text) => text.replace(/"version":(\d+)/, '"version":$1e0')],
    ['a version with a leading zero', (text) => text.replace(/"version":(\d+)/, '"version":0$1')],
    ['a negative zero', (text) => text.replace(/"version":(\d+)/, '"version":-0')],
    ['a version beyond 2^53', (text) => text.replace(/"version":(\d+)/, '"version":9007199254740993')],
    ['a byte order mark', (text) => `\xef\xbb\xbf${text}`],
    ['invalid UTF-8', (text) => text.replace('"_type":"', '"_type":"\xff')],
    ['a lone surrogate', (text) => text.replace('"_type":"', '"_type":"\\ud800')],
    ['a comment', (text) => text.replace('{', '{/**/')],
    ['a trailing comma', (text) => `${text.slice(0, -1)},}`],
    ['something behind it', (text) => `${text}{}`],
    ['a member that every object has', (text) => text.replace('"version":', '"__proto__":{},"version":')],
    ['a member name beyond ASCII', (text) => text.replace('"version":', '"\xc3\xa4":1,"version":')],
  ];

  test.each(roles)('of %s with a member that comes twice is refused', (role) => {
    for (const [, change] of twice) expectRefused('json_malformed', (story) => spelling(story, role, change));
  });

  test.each(roles)('of %s in a second spelling is refused', (role) => {
    for (const [, change] of spellings)
      expectRefused('json_malformed', (story) => spelling(story, role, change));
  });

  test.each(roles)('of %s in another formatting of the same value is the same', (role) => {
    for (const change of [
      (text: string) => text.replace('"version":', '"vers\\u0069on":'),
      (text: string) => text.replace('{', '{ \n\t'),
      (text: string) => `${text}\r\n`,
    ]) {
      const story = tellStory();
      const held = openedAt(story);
      const bytes = spelling(story, role, change);
      expect(openAt(story, bytes, { held, floor: held.nextFloor }).versions.timestamp).toBe(2);
    }
  });
});

describe('A path outside its role', () => {
  test.each<[string, (story: Story) => string, ReasonCode]>([
    [
      'of another partner',
      (story) => `p-${'a'.repeat(26)}/orders/${story.entry.digest}`,
      'statement_misplaced',
    ],
    [
      'of the same partner’s overflow',
      (story) => `${story.entry.role}-2/orders/${story.entry.digest}`,
      'statement_misplaced',
    ],
    ['of the customer', (story) => `${story.customer}/licence/${story.entry.digest}`, 'statement_misplaced'],
    ['of the packages', () => 'packages/verifier.tgz', 'statement_misplaced'],
    ['with a further part', (story) => `${story.entry.path}/more`, 'statement_misplaced'],
    [
      'that climbs',
      (story) => `${story.entry.role}/../${story.entry.role}/orders/${story.entry.digest}`,
      'statement_misplaced',
    ],
    ['of nothing', () => '', 'statement_misplaced'],
  ])('%s refuses the entry, and no other', (_, elsewhere, code) => {
    const story = tellStory();
    const publication = publish(story.vendor, (role, signed) => {
      if (role !== story.entry.role) return signed;
      const targets = signed.targets as Record<string, JsonObject>;
      return {
        ...signed,
        targets: { ...targets, [elsewhere(story)]: targets[story.entry.path] as JsonObject },
      };
    });
    const opened = openAt(story, bundleOf(story.vendor, story.customer, publication));
    const { entries, refused } = opened.judgeAll();
    expect(entries.map(({ path }) => path)).toEqual([story.entry.path]);
    expect(refused).toMatchObject([{ path: elsewhere(story), reason: { code } }]);
  });

  test.each<[string, (story: Story) => string]>([
    ['of another customer', (story) => `c-${'a'.repeat(26)}/licence/${story.license.digest}`],
    ['of a partner', (story) => story.entry.path],
    ['that climbs', (story) => `${story.customer}/../${story.license.path}`],
  ])('%s, in a customer’s role, refuses the bundle', (_, elsewhere) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const publication = publish(story.vendor, (role, signed) => {
      if (role !== story.customer) return signed;
      const targets = signed.targets as Record<string, JsonObject>;
      return {
        ...signed,
        targets: { ...targets, [elsewhere(story)]: targets[story.license.path] as JsonObject },
      };
    });
    refusedLoad('bundle_shape', story, held, bundleOf(story.vendor, story.customer, publication));
  });
});
