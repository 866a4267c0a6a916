import { describe, expect, test } from 'vitest';
import {
  timeOf,
  type EntryCustom,
  type JsonObject,
  type OpenedBundle,
  type ReasonCode,
} from '../../src/formats.ts';
import { bundleNow, later, openAt, openedAt, refusal, tellStory, type Story } from '../compose/story.ts';
import {
  addEntry,
  approve,
  bundleOf,
  day,
  entryCustom,
  makeAppKey,
  makeDigest,
  makeId,
  makePerson,
} from '../compose/vendor.ts';
import { publish, type AppKey, type TestTarget } from '../compose/vendor.ts';

/** Publishes, opens, and expects that this key is refused with this code, while the story's own build goes on. */
function refusedEntry(
  code: ReasonCode,
  story: Story,
  key: AppKey,
  options: Parameters<typeof openAt>[2] = {},
): OpenedBundle {
  const opened = openAt(story, bundleNow(story), options);
  refusal(code, () => opened.allowlist.findKey(key.thumbprint, story.vendor.now));
  if (key !== story.key)
    expect(opened.allowlist.findKey(story.key.thumbprint, story.vendor.now).entry.path).toBe(
      story.entry.path,
    );
  return opened;
}

/** Adds an approved entry beside the story's. */
function addApproved(
  story: Story,
  changes: Partial<EntryCustom> = {},
  people = story.vendor.people,
): { key: AppKey; entry: TestTarget } {
  const key = makeAppKey();
  const entry = addEntry(story.vendor, entryCustom(story.vendor, key, changes));
  if (people.length > 0) approve(story.vendor, [entry], people);
  return { key, entry };
}

describe('An entry admits nobody', () => {
  test('whose key stands nowhere', () => {
    refusedEntry('app_not_approved', tellStory(), makeAppKey());
  });

  test('that nobody approved, though the online keys signed it', () => {
    const story = tellStory();
    const { key } = addApproved(story, {}, []);
    const opened = refusedEntry('approvals_missing', story, key);
    const { entries, refused } = opened.judgeAll();
    expect(entries).toHaveLength(1);
    expect(refused).toMatchObject([
      { reason: { code: 'approvals_missing', members: { found: 0, needed: 2 } } },
    ]);
  });

  test('that one person approved where two are demanded, however often', () => {
    const story = tellStory();
    const [ada] = story.vendor.people;
    const { entry, key } = addApproved(story, {}, story.vendor.people.slice(0, 1));
    approve(story.vendor, [entry], [ada as NonNullable<typeof ada>]);
    refusedEntry('approvals_missing', story, key);
  });

  test('that was approved with sign-in passkeys at the portal, over its very challenge', () => {
    const story = tellStory();
    const { key, entry } = addApproved(story, {}, []);
    const assertion = { rpId: 'portal.acme.example', origin: 'https://portal.acme.example' };
    approve(story.vendor, [entry], story.vendor.people, assertion);
    const opened = refusedEntry('approvals_missing', story, key);
    expect(opened.judgeAll().refused[0]?.reason.members).toMatchObject({
      because: 'approval_authenticator_data',
    });
  });

  test('that only people who are not on the roster approved', () => {
    const story = tellStory();
    const { key } = addApproved(story, {}, [makePerson('Eve'), makePerson('Mallory')]);
    refusedEntry('approvals_missing', story, key);
  });

  test.each([
    ['retired', () => ({ kind: 'retired', at: '2029-12-31T23:59:59Z' }) as const],
    ['compromised', () => ({ kind: 'compromised' }) as const],
  ])('one of whose two approvers was %s when it was issued', (_, status) => {
    const story = tellStory();
    const { key } = addApproved(story);
    const [ada, ben] = story.vendor.people;
    (ben as NonNullable<typeof ben>).status = status();
    const carl = makePerson('Carl');
    story.vendor.people.push(carl);
    // Licence and the story's entry are approved once more, by those who are still there.
    approve(
      story.vendor,
      story.vendor.targets.filter(({ custom }) => custom.kind === 'licence'),
      [carl],
    );
    approve(story.vendor, [story.entry], [ada as NonNullable<typeof ada>, carl]);
    refusedEntry('approvals_missing', story, key);
  });

  test('whose approvers have all left', () => {
    const story = tellStory();
    for (const person of story.vendor.people)
      person.status = { kind: 'retired', at: timeOf(story.vendor.now) };
    const carl = makePerson('Carl');
    story.vendor.people.push(carl);
    approve(story.vendor, [story.license], [carl]);
    const opened = openAt(story, bundleNow(story));
    refusal('approvals_missing', () => opened.allowlist.findKey(story.key.thumbprint, story.vendor.now));
  });

  test.each<[string, (entry: TestTarget, story: Story) => void, ReasonCode]>([
    ['another digest', (entry) => moveTo(entry, { digest: makeDigest() }), 'approvals_missing'],
    ['another length', (entry) => void (entry.length += 1), 'approvals_missing'],
    ['another app', (entry) => moveTo(entry, { app: { id: 'other', name: 'Orders' } }), 'approvals_missing'],
    [
      'another version',
      (entry) => change(entry, { build: { ...(entry.custom.build as JsonObject), version: '6.6.6' } }),
      'approvals_missing',
    ],
    [
      'more capabilities',
      (entry) => change(entry, { capabilities: ['admin', 'orders:read', 'orders:write'] }),
      'approvals_missing',
    ],
    [
      'a later end',
      (entry) => change(entry, { expires: timeOf(Date.parse('2031-06-01') / 1000) }),
      'approvals_missing',
    ],
    ['more customers', (entry) => change(entry, { customers: [makeId('c')] }), 'not_licensed_here'],
    ['an overflow role', (entry) => moveTo(entry, { role: `${entry.role}-2` }), 'approvals_missing'],
  ])('whose approvals were given to something else: %s', (_, alter, code) => {
    const story = tellStory();
    const { entry, key } = addApproved(story);
    alter(entry, story);
    refusedEntry(code, story, key);
  });

  test('whose approvals were given under another partner', () => {
    const story = tellStory();
    const { entry, key } = addApproved(story);
    const partner = { id: makeId('p'), name: 'Thief' };
    moveTo(entry, { role: partner.id, partner });
    refusedEntry('approvals_missing', story, key);
  });

  test('whose approvals were given in another registry, by the same people', () => {
    const other = tellStory();
    const story = tellStory({ people: other.vendor.people });
    story.vendor.targets.push(other.entry);
    const opened = openAt(story, bundleNow(story));
    refusal('approvals_missing', () => opened.allowlist.findKey(other.key.thumbprint, story.vendor.now));
  });

  test('whose approvals were given in the other environment, by the same people', () => {
    // A test registry of the same vendor with the same approvers: nothing that they try out there counts here.
    const story = tellStory();
    const { key, entry } = addApproved(story, {}, []);
    approve({ ...story.vendor, environment: 'development' }, [entry]);
    refusedEntry('approvals_missing', story, key);
  });

  test('that lies in a role of another partner', () => {
    const story = tellStory();
    const key = makeAppKey();
    const role = makeId('p');
    addEntry(story.vendor, entryCustom(story.vendor, key), { role, path: `${role}/orders/${makeDigest()}` });
    const opened = refusedEntry('statement_misplaced', story, key);
    expect(opened.judgeAll().refused).toHaveLength(1);
  });

  test('whose path names another digest', () => {
    const story = tellStory();
    const { entry, key } = addApproved(story);
    entry.path = entry.path.replace(/[0-9a-f]{64}$/, makeDigest());
    refusedEntry('statement_misplaced', story, key);
  });

  test('that is for other customers', () => {
    const story = tellStory();
    refusedEntry('not_licensed_here', story, addApproved(story, { customers: [makeId('c')] }).key);
    const own = addApproved(story, { customers: [story.customer] });
    const opened = openAt(story, bundleNow(story));
    expect(opened.allowlist.findKey(own.key.thumbprint, story.vendor.now).entry.path).toBe(own.entry.path);
  });

  test('that was issued after the bundle was signed', () => {
    const story = tellStory();
    const at = timeOf(story.vendor.now + 1);
    refusedEntry('statement_from_future', story, addApproved(story, { issued: at, validFrom: at }).key);
  });

  test('that is valid for longer than the ceiling', () => {
    const story = tellStory();
    const expires = timeOf(story.vendor.now + story.vendor.ceilings.entryValidity + 1);
    refusedEntry('statement_too_long_valid', story, addApproved(story, { expires }).key);
  });

  test('that begins later, or has ended', () => {
    const story = tellStory();
    const { now } = story.vendor;
    const { key } = addApproved(story, { validFrom: timeOf(now + day), expires: timeOf(now + 2 * day) });
    const opened = refusedEntry('not_yet_valid', story, key);
    const { findKey } = opened.allowlist;
    refusal('not_yet_valid', () => findKey(key.thumbprint, now + day - 1));
    expect(findKey(key.thumbprint, now + day).entry.custom.partner.name).toBe('Example Partner');
    expect(findKey(key.thumbprint, now + 2 * day - 1).entries).toHaveLength(1);
    refusal('entry_expired', () => findKey(key.thumbprint, now + 2 * day));
  });

  test('for a key that only vouches for instances', () => {
    const story = tellStory();
    const key = makeAppKey();
    const other = makeAppKey();
    const identities = [
      { kind: 'key', key: key.jwk, use: 'attest', holder: 'server' },
      { kind: 'key', key: other.jwk, use: 'request', holder: 'server' },
    ] as const;
    approve(story.vendor, [addEntry(story.vendor, entryCustom(story.vendor, other, { identities }))]);
    const opened = refusedEntry('app_not_approved', story, key);
    expect(opened.allowlist.findKey(other.thumbprint, story.vendor.now).identity.use).toBe('request');
  });

  test('whose key is no point of the curve', () => {
    const story = tellStory();
    const key = makeAppKey();
    const jwk = { ...key.jwk, y: key.jwk.x };
    const identities = [{ kind: 'key', key: jwk, use: 'request', holder: 'server' }] as const;
    approve(story.vendor, [addEntry(story.vendor, entryCustom(story.vendor, key, { identities }))]);
    expect(openedAt(story).judgeAll().refused).toMatchObject([{ reason: { code: 'key_malformed' } }]);
  });

  test.each<[string, (custom: JsonObject) => JsonObject, ReasonCode]>([
    ['no custom members but a kind', () => ({ kind: 'entry' }), 'statement_malformed'],
    ['a further member', (custom) => ({ ...custom, more: true }), 'statement_malformed'],
    ['another kind', (custom) => ({ ...custom, kind: 'grant' }), 'statement_malformed'],
    [
      'an assurance above its holder',
      (custom) => ({ ...custom, assurance: 'hardware' }),
      'statement_malformed',
    ],
    ['unsorted capabilities', (custom) => ({ ...custom, capabilities: ['b', 'a'] }), 'statement_malformed'],
    [
      'a capability in capitals',
      (custom) => ({ ...custom, capabilities: ['Orders'] }),
      'statement_malformed',
    ],
    [
      'an unknown platform',
      (custom) => ({ ...custom, build: { ...(custom.build as JsonObject), platform: 'amiga' } }),
      'statement_malformed',
    ],
    [
      'dates out of order',
      (custom) => ({ ...custom, expires: custom.issued as string }),
      'statement_malformed',
    ],
    ['no identities', (custom) => ({ ...custom, identities: [] }), 'statement_malformed'],
    [
      'an attest key that is embedded',
      (custom) => withIdentity(custom, { use: 'attest', holder: 'embedded' }),
      'statement_malformed',
    ],
    [
      'a private key',
      (custom) => withIdentity(custom, { key: { ...jwkOf(custom), d: 'AAAA' } }),
      'key_malformed',
    ],
    [
      'a label with a bidirectional override',
      (custom) => ({ ...custom, app: { id: 'orders', name: 'Or\u202eders' } }),
      'statement_malformed',
    ],
    [
      'a name that is not NFC',
      (custom) => ({ ...custom, app: { id: 'orders', name: 'Cafe\u0301' } }),
      'statement_malformed',
    ],
    [
      'too many approvals',
      (custom) => ({ ...custom, approvals: Array(33).fill({}) as JsonObject[] }),
      'approval_malformed',
    ],
  ])('that is malformed by %s, and nothing else is lost', (_, alter, code) => {
    const story = tellStory();
    const key = makeAppKey();
    const { custom, path } = addEntry(story.vendor, entryCustom(story.vendor, key));
    const publication = publish(story.vendor, (role, signed) => {
      if (role !== (custom.partner as { id: string }).id) return signed;
      const targets = signed.targets as Record<string, JsonObject>;
      const target = targets[path] as JsonObject;
      return {
        ...signed,
        targets: { ...targets, [path]: { ...target, custom: alter(target.custom as JsonObject) } },
      };
    });
    const opened = openAt(story, bundleOf(story.vendor, story.customer, publication));
    expect(opened.refused).toMatchObject([{ path, reason: { code } }]);
    refusal('app_not_approved', () => opened.allowlist.findKey(key.thumbprint, story.vendor.now));
    expect(opened.judgeAll().entries).toHaveLength(1);
  });
});

describe('Entries', () => {
  test('are judged one by one as they are judged together', () => {
    const story = tellStory();
    const { entry } = addApproved(story);
    const unapproved = addApproved(story, {}, []).entry;
    const opened = openAt(story, bundleNow(story));
    expect(opened.judgeOnly(new Set([entry.path])).entries.map(({ path }) => path)).toEqual([entry.path]);
    expect(opened.judgeOnly(new Set([unapproved.path]))).toMatchObject({
      entries: [],
      refused: [{ path: unapproved.path, reason: { code: 'approvals_missing' } }],
    });
    expect(opened.judgeOnly(new Set(['nowhere']))).toEqual({ entries: [], refused: [] });
  });
});

describe('A key', () => {
  test('of two apps is refused for both', () => {
    const story = tellStory();
    const key = makeAppKey();
    const partner = { id: makeId('p'), name: 'One Partner' };
    for (const id of ['first', 'second']) {
      approve(story.vendor, [
        addEntry(story.vendor, entryCustom(story.vendor, key, { partner, app: { id, name: id } })),
      ]);
    }
    const opened = refusedEntry('key_in_two_apps', story, key);
    expect(opened.judgeAll().refused).toHaveLength(2);
  });

  test('of two apps is found also by who judges one of the entries only', () => {
    const story = tellStory();
    const key = makeAppKey();
    const [entry] = [1, 2].map(() => addEntry(story.vendor, entryCustom(story.vendor, key)));
    const path = entry?.path ?? '';
    const { entries, refused } = openAt(story, bundleNow(story)).judgeOnly(new Set([path]));
    expect(entries).toEqual([]);
    expect(refused).toMatchObject([{ path, reason: { code: 'key_in_two_apps' } }]);
  });

  test('of two partners is refused for both', () => {
    const story = tellStory();
    const key = makeAppKey();
    for (let i = 0; i < 2; i += 1)
      approve(story.vendor, [addEntry(story.vendor, entryCustom(story.vendor, key))]);
    refusedEntry('key_in_two_apps', story, key);
  });

  test('of two apps is fine once one of them is revoked', () => {
    const story = tellStory();
    const key = makeAppKey();
    const entries = [1, 2].map(() => addEntry(story.vendor, entryCustom(story.vendor, key)));
    approve(story.vendor, entries);
    const subject = { kind: 'artifact', digest: entries[0]?.digest ?? '' } as const;
    story.vendor.revocations.push({ subject, through: timeOf(story.vendor.now) });
    const opened = openAt(story, bundleNow(story));
    expect(opened.allowlist.findKey(key.thumbprint, story.vendor.now).entry.path).toBe(entries[1]?.path);
  });

  test('of several builds of one app finds all of them, the newest first', () => {
    const story = tellStory();
    const key = makeAppKey();
    const partner = { id: makeId('p'), name: 'One Partner' };
    const old = addEntry(story.vendor, entryCustom(story.vendor, key, { partner }));
    later(story, 1);
    const fresh = addEntry(story.vendor, entryCustom(story.vendor, key, { partner }));
    approve(story.vendor, [old, fresh]);
    const match = openAt(story, bundleNow(story)).allowlist.findKey(key.thumbprint, story.vendor.now);
    expect(match.entries.map(({ path }) => path)).toEqual([fresh.path, old.path]);
    expect(match.entry.path).toBe(fresh.path);
  });
});

function change(entry: TestTarget, changes: JsonObject): void {
  entry.custom = { ...entry.custom, ...changes };
}

/** Puts an entry with its approvals elsewhere, as whoever holds the online keys can. */
function moveTo(
  entry: TestTarget,
  to: { digest?: string; role?: string; app?: JsonObject; partner?: JsonObject },
): void {
  entry.digest = to.digest ?? entry.digest;
  entry.role = to.role ?? entry.role;
  const changes: Record<string, JsonObject> = {};
  if (to.app !== undefined) changes.app = to.app;
  if (to.partner !== undefined) changes.partner = to.partner;
  change(entry, changes);
  entry.path = `${entry.role}/${(entry.custom.app as { id: string }).id}/${entry.digest}`;
}

function withIdentity(custom: JsonObject, changes: object): JsonObject {
  const [identity] = custom.identities as readonly JsonObject[];
  return { ...custom, identities: [{ ...identity, ...changes }] };
}

function jwkOf(custom: JsonObject): JsonObject {
  const [identity] = custom.identities as readonly JsonObject[];
  return identity?.key as JsonObject;
}
