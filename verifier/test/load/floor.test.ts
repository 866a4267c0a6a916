import { describe, expect, test } from 'vitest';
import {
  canonical,
  parseJson,
  readFloor,
  sha256Hex,
  writeFloor,
  type Floor,
  type JsonObject,
  type JsonValue,
} from '../../src/formats.ts';
import { floorFor, readHeldFloor, restartsTime, type Candidate, type RoleFloor } from '../../src/floor.ts';
import { floorOfBoth } from '../../src/floor-of-both.ts';
import { judgeFreshness } from '../../src/freshness.ts';
import { newestFirst } from '../../src/newest-first.ts';
import { openedAt, refusal, tellStory } from '../compose/story.ts';
import { day, makeId } from '../compose/vendor.ts';

// The floor alone (SPEC §7.3): what it drops, and what its file may say.

const story = tellStory();
const opened = openedAt(story);
const written = opened.nextFloor;
const digest = (name: string): string => sha256Hex(new TextEncoder().encode(name));
const role = (name: string, version: number, ...keys: readonly string[]): RoleFloor => ({
  role: name,
  version,
  digest: digest(`${name} ${version}`),
  keys: keys.map(digest).toSorted(),
});
const rolesOf = (...roles: readonly RoleFloor[]): ReadonlyMap<string, RoleFloor> =>
  new Map(roles.map((each) => [each.role, each]));
const partner = makeId('p');
const floor: Floor = {
  ...written,
  roles: rolesOf(
    role('root', 3),
    role('targets', 3, 't'),
    role('timestamp', 9, 'a', 'b'),
    role('snapshot', 9, 'a', 'b'),
    role('registry', 9, 'a', 'b'),
    role(partner, 9, 'a', 'b'),
  ),
};
const names = (...roles: readonly RoleFloor[]): readonly string[] => {
  const candidate: Candidate = {
    registry: floor.registry,
    signedAt: floor.signedAt,
    rootSignedAt: floor.signedAt - day,
    roles,
    revocations: [],
  };
  return [...floorFor(floor, candidate).roles.keys()];
};

describe('A floor drops', () => {
  const all = [...floor.roles.keys()];

  test('nothing that a new root does not speak about', () => {
    expect(names(role('root', 4))).toEqual(all);
    expect(names()).toEqual(all);
  });

  test('a role of which a new root replaces every key, and not one of which a key remains', () => {
    for (const name of ['timestamp', 'snapshot']) {
      const without = all.filter((each) => each !== name);
      expect(names(role('root', 4), role(name, 1, 'c', 'd')), name).toEqual(without);
      for (const keys of [['a', 'b'], ['a'], ['b'], ['b', 'c'], ['a', 'c']])
        expect(names(role('root', 4), role(name, 1, ...keys)), name).toEqual(all);
      expect(names(role('root', 3), role(name, 1, 'c'))).toEqual(all);
    }
  });

  test('registry and what hangs below it where a higher targets replaces its keys, and never root or targets', () => {
    const registry = role('registry', 1, 'c');
    const without = ['root', 'targets', 'timestamp', 'snapshot'];
    expect(names(role('root', 4), role('targets', 4, 't'), registry)).toEqual(without);
    expect(names(role('root', 4), role('targets', 3, 't'), registry)).toEqual(all);
    expect(names(role('root', 4), registry)).toEqual(all);
    expect(names(role('root', 3), role('targets', 4, 't'), registry)).toEqual(all);
    expect(names(role('root', 4), role('targets', 4, 't'), role('registry', 1, 'b', 'c'))).toEqual(all);
  });

  test('signed time alone with all keys of timestamp, by a root that is higher', () => {
    const restarts = (version: number, ...keys: readonly string[]): boolean =>
      restartsTime(floor, { version, timestampKeys: keys.map(digest) });
    expect(restarts(4, 'c')).toBe(true);
    for (const [version, ...keys] of [
      [3, 'c'],
      [2, 'c'],
      [4, 'a'],
      [4, 'b'],
      [4, 'b', 'c'],
      [3, 'a'],
    ] as const)
      expect(restarts(version, ...keys), keys.join()).toBe(false);
    // A floor that knows of no root or no timestamp is below any.
    const empty = { ...floor, roles: rolesOf() };
    expect(restartsTime(empty, { version: 1, timestampKeys: [] })).toBe(true);
  });
});

describe('Of two floors', () => {
  const revoked = (name: string, through: string) => {
    const subject = { kind: 'artifact', digest: digest(name) } as const;
    return [`artifact ${subject.digest}`, { subject, through }] as const;
  };
  const [early, late] = ['2030-01-01T00:00:00Z', '2030-01-02T00:00:00Z'] as const;
  const known: Floor = { ...floor, revocations: new Map([revoked('a', early), revoked('b', late)]) };
  const there = (...roles: readonly RoleFloor[]): Floor => ({
    ...floor,
    signedAt: floor.signedAt + 5,
    roles: rolesOf(...roles),
    revocations: new Map([revoked('a', late), revoked('b', early), revoked('c', early)]),
  });
  const both = [revoked('a', late), revoked('b', late), revoked('c', early)];

  test('the one with the higher root speaks of the roles and of the time, and no revocation is forgotten', () => {
    for (const version of [2, 4]) {
      const other = there(role('root', version), role('targets', 1, 't'));
      const speaks = version === 4 ? other : known;
      for (const found of [floorOfBoth(known, other), floorOfBoth(other, known)]) {
        expect([...found.roles]).toEqual([...speaks.roles]);
        expect(found.signedAt).toBe(speaks.signedAt);
        expect(found.revocations).toEqual(new Map(both));
      }
    }
  });

  test('with one root, the higher version of each role holds, and the later time', () => {
    const other = there(role('root', 3), role('targets', 2, 't'), role('timestamp', 10, 'a'), role('c', 1));
    for (const found of [floorOfBoth(known, other), floorOfBoth(other, known)]) {
      const versions = [...found.roles.values()].map((each): [string, number] => [each.role, each.version]);
      expect(Object.fromEntries(versions)).toEqual({
        root: 3,
        targets: 3,
        timestamp: 10,
        snapshot: 9,
        registry: 9,
        [partner]: 9,
        c: 1,
      });
      expect(found.signedAt).toBe(floor.signedAt + 5);
      expect(found.revocations).toEqual(new Map(both));
    }
    // Of equal versions, what is known stays.
    const equal = there(role('root', 3, 'other'));
    expect(floorOfBoth(known, equal).roles.get('root')).toBe(known.roles.get('root'));
  });

  test('one that knows no root is below any', () => {
    const empty = there(role('timestamp', 99));
    expect([...floorOfBoth(known, empty).roles]).toEqual([...known.roles]);
    expect([...floorOfBoth(empty, known).roles]).toEqual([...known.roles]);
  });
});

describe('What a state folder holds', () => {
  const file = writeFloor(written);
  const text = Buffer.from(file).toString();

  test('is the floor, or nothing where it is torn or altered', () => {
    expect(readHeldFloor(file)).toEqual(written);
    for (const odd of ['', '{}', text.slice(0, -1), text.replace('2030', '2031'), `${text}x`])
      expect(readHeldFloor(Buffer.from(odd))).toBe(null);
    expect(readHeldFloor(Buffer.from('{"type":"appwarrant/floor/x"}'))).toBe(null);
  });

  test('is not taken for nothing where a later package wrote it, whatever it looks like', () => {
    for (const version of ['2', '9', '10', '12', '123']) {
      const type = `appwarrant/floor/${version}`;
      for (const odd of [text.replace('appwarrant/floor/1', type), `{"type":"${type}"`, `\0\xff${type}"`])
        refusal('state_newer', () => readHeldFloor(Buffer.from(odd, 'latin1')));
    }
  });
});

describe('The file of a floor', () => {
  const content = parseJson(writeFloor(written), 1e6) as JsonObject;
  /** Any content, with the digest that goes with it. */
  const read = (changes: JsonObject): Floor | null => {
    const { check: _, ...rest } = { ...content, ...changes };
    return readFloor(canonical({ ...rest, check: sha256Hex(canonical(rest)) }));
  };
  const withRole = (changes: object): Floor | null =>
    read({
      roles: (content.roles as JsonObject[]).map((each) =>
        each.role === 'root' ? { ...each, ...changes } : each,
      ),
    });

  test('is read as it was written', () => {
    expect(read({})).toEqual(written);
    expect(withRole({ version: 7 })?.roles.get('root')?.version).toBe(7);
  });

  test.each<[string, () => Floor | null]>([
    ['a time that is a date', () => read({ since: '2030-01-01' })],
    ['a time that is a number', () => read({ since: 5 })],
    ['a time in a list', () => read({ since: [content.since as JsonValue] })],
    ['a signed time that is none', () => read({ signedAt: null })],
    ['a registry that is no digest', () => read({ registry: 'x' })],
    ['roles that are no list', () => read({ roles: {} })],
    ['no role', () => read({ roles: [] })],
    ['a role of no kind', () => read({ roles: [...(content.roles as JsonValue[]), { ...role('x', 1) }] })],
    ['a role twice', () => read({ roles: [...(content.roles as JsonValue[]), { ...role('root', 1) }] })],
    ['a version of 0', () => withRole({ version: 0 })],
    ['a digest in capitals', () => withRole({ digest: digest('x').toUpperCase() })],
    ['keys that are no digests', () => withRole({ keys: ['x'] })],
    ['a further member', () => read({ more: 1 })],
    ['another type', () => read({ type: 'appwarrant/floor/2' })],
    ['revocations that are no list', () => read({ revocations: null })],
  ])('with %s counts as missing', (_, reading) => {
    expect(reading()).toBe(null);
  });

  test('has one spelling, in whatever order things were loaded', () => {
    const revocations = ['a', 'b', 'c'].map((name) => {
      const subject = { kind: 'artifact', digest: digest(name) } as const;
      return [`artifact ${subject.digest}`, { subject, through: '2030-01-01T00:00:00Z' }] as const;
    });
    const files = [revocations, revocations.toReversed()].map((list) =>
      Buffer.from(writeFloor({ ...written, revocations: new Map(list) })).toString(),
    );
    expect(files[0]).toBe(files[1]);
    const roles = [...written.roles];
    const turned = writeFloor({ ...written, roles: new Map(roles.toReversed()) });
    expect(Buffer.from(turned)).toEqual(Buffer.from(writeFloor(written)));
  });
});

describe('What goes with the floor', () => {
  test('an allowlist that has ended says its age', () => {
    const { custom } = opened.license;
    const freshly = {
      signedAt: 1000,
      wall: 5000,
      license: { ...custom, fresh: 10, grace: 10 },
      licensed: { from: 0, until: 9000 },
      ceilings: story.vendor.ceilings,
      grantedGrace: 0,
    };
    for (const now of [1021, 4999, 5000, 6000]) {
      const { members } = refusal('allowlist_expired', () => judgeFreshness(freshly, now));
      expect(members).toEqual({ age: now - 1000 });
    }
    expect(judgeFreshness(freshly, 1020)).toMatchObject({ kind: 'stale', age: 20 });
  });

  test('of statements the newest comes first, and of equally old ones the path that sorts first, in any order', () => {
    const statements = ['2030-01-02', '2030-01-03', '2030-01-01'].flatMap((date) =>
      ['b', 'a', 'c'].map((path) => ({ path, custom: { issued: `${date}T00:00:00Z` } })),
    );
    const expected = ['2030-01-03', '2030-01-02', '2030-01-01'].flatMap((date) =>
      ['a', 'b', 'c'].map((path) => `${date} ${path}`),
    );
    for (let turn = 0; turn < statements.length; turn += 1) {
      const turned = [...statements.slice(turn), ...statements.slice(0, turn)];
      for (const list of [turned, turned.toReversed()]) {
        const sorted = list.toSorted(newestFirst);
        expect(sorted.map(({ path, custom }) => `${custom.issued.slice(0, 10)} ${path}`)).toEqual(expected);
      }
    }
    for (const one of statements) expect(newestFirst(one, one)).toBe(0);
  });
});
