import { describe, expect, test } from 'vitest';
import { readBundle, timeOf, type JsonObject } from '../../src/formats.ts';
import { assemble, packBundle } from '../compose/pack.ts';
import { makePasskey } from '../compose/passkey.ts';
import {
  bundleNow,
  later,
  openAt,
  openedAt,
  refusal,
  refusedLoad,
  tellStory,
  type Story,
} from '../compose/story.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  bundleFiles,
  bundleOf,
  day,
  entryCustom,
  licenseCustom,
} from '../compose/vendor.ts';
import { makeAppKey, makeId, publish, signRoot, type Tamper } from '../compose/vendor.ts';

/** A story a day on, what its site holds, and the files of the next bundle. */
function nextFiles(): { story: Story; held: ReturnType<typeof openedAt>; files: [string, Uint8Array][] } {
  const story = tellStory();
  const held = openedAt(story);
  later(story, 1);
  return { story, held, files: bundleFiles(story.customer, publish(story.vendor)) };
}

function pack(story: Story, files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  return packBundle(story.customer, story.vendor.registry, files);
}

describe('A bundle with other members than its own is refused whole', () => {
  test('each of its files missing', () => {
    const { story, held, files } = nextFiles();
    for (const [name] of files) {
      refusedLoad(
        'bundle_shape',
        story,
        held,
        pack(
          story,
          files.filter(([other]) => other !== name),
        ),
      );
    }
  });

  test('any two of its files in each other’s place', () => {
    const { story, held, files } = nextFiles();
    for (let i = 1; i < files.length; i += 1) {
      const swapped = [...files];
      [swapped[i - 1], swapped[i]] = [files[i] as [string, Uint8Array], files[i - 1] as [string, Uint8Array]];
      refusedLoad('bundle_shape', story, held, pack(story, swapped));
    }
  });

  test('a file twice, or one more', () => {
    const { story, held, files } = nextFiles();
    const last = files.at(-1) as [string, Uint8Array];
    refusedLoad('bundle_shape', story, held, pack(story, [...files, last]));
    refusedLoad('bundle_shape', story, held, pack(story, [...files, ['9.extra.json', last[1]]]));
    refusedLoad('bundle_shape', story, held, pack(story, [...files, ['2.root.json', last[1]]]));
  });

  test('another customer’s role beside it, or in its place', () => {
    const { story, held } = nextFiles();
    const { vendor } = story;
    const other = makeId('c');
    approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, other, 'A'.repeat(43)))]);
    const publication = publish(vendor);
    const own = bundleFiles(story.customer, publication);
    const [name, bytes] = bundleFiles(other, publication).find(([file]) => file.includes(other)) as [
      string,
      Uint8Array,
    ];
    refusedLoad('bundle_shape', story, held, pack(story, [...own, [name, bytes]]));
    const replaced = own.map(([file, content]): [string, Uint8Array] =>
      file.includes(story.customer) ? [name, bytes] : [file, content],
    );
    refusedLoad('bundle_shape', story, held, pack(story, replaced));
  });

  test('a partner whom the licence does not name; one that it names, missing', () => {
    const story = tellStory();
    const { vendor, customer, deployment, license } = story;
    const extra = addEntry(vendor, entryCustom(vendor, makeAppKey()));
    approve(vendor, [extra]);
    vendor.targets.splice(vendor.targets.indexOf(license), 1);
    const partners = [story.entry.role];
    approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { partners }))]);
    const publication = publish(vendor);
    const named = openAt(story, bundleOf(vendor, customer, publication, partners));
    expect(named.entries.listed).toEqual({ entries: 1, partners: 1 });
    refusal('bundle_shape', () => openAt(story, bundleOf(vendor, customer, publication)));
    refusal('bundle_shape', () => openAt(story, bundleOf(vendor, customer, publication, [])));
  });

  test('a partner’s overflow roles belong to it, in the order of their names', () => {
    const story = tellStory();
    const { vendor, entry } = story;
    for (const number of [2, 3, 10]) {
      const custom = entryCustom(vendor, makeAppKey(), {
        partner: entry.custom.partner as { id: string; name: string },
      });
      approve(vendor, [addEntry(vendor, custom, { role: `${entry.role}-${number}` })]);
    }
    const opened = openedAt(story);
    expect(opened.entries.listed).toEqual({ entries: 4, partners: 1 });
    expect(opened.judgeAll().refused).toEqual([]);
    expect([...opened.partnerRoles.keys()]).toEqual(['', '-10', '-2', '-3'].map((end) => entry.role + end));
  });
});

describe('A repository of another shape is refused', () => {
  const shapes: readonly (readonly [string, string, (signed: JsonObject, story: Story) => JsonObject])[] = [
    [
      'targets that lists something other than packages',
      'targets',
      (signed) => ({ ...signed, targets: { 'x/y': { length: 1, hashes: {} } } }),
    ],
    [
      'targets that delegates to a second role',
      'targets',
      (signed) => alsoDelegates(signed, { name: 'other' }),
    ],
    [
      'targets that delegates to registry for other paths',
      'targets',
      (signed) => delegatesWith(signed, { paths: ['*/*/*'] }),
    ],
    [
      'targets that delegates without ending there',
      'targets',
      (signed) => delegatesWith(signed, { terminating: false }),
    ],
    ['targets that delegates nothing', 'targets', (signed) => without(signed, 'delegations')],
    ['targets without a policy', 'targets', (signed) => without(signed, 'x-appwarrant')],
    [
      'registry with targets of its own',
      'registry',
      (signed) => ({ ...signed, targets: { 'p-x/y/z': { length: 1, hashes: {} } } }),
    ],
    [
      'registry that delegates to a role of another kind',
      'registry',
      (signed) => delegatesWith(signed, { name: 'everything', paths: ['everything/*/*'] }),
    ],
    [
      'registry that gives a role another’s paths',
      'registry',
      (signed) => delegatesWith(signed, { paths: ['p-*/*/*'] }),
    ],
    [
      'registry that delegates by digests',
      'registry',
      (signed) => delegatesWith(signed, { paths: undefined, path_hash_prefixes: ['0'] }),
    ],
    ['registry without revocations', 'registry', (signed) => ({ ...signed, 'x-appwarrant': {} })],
    [
      'a partner role that delegates',
      'partner',
      (signed) => ({
        ...signed,
        delegations: {
          keys: {},
          roles: [{ name: 'more', paths: [], terminating: true, keyids: [], threshold: 1 }],
        },
      }),
    ],
    [
      'a snapshot that lists more',
      'snapshot',
      (signed) => ({ ...signed, meta: { ...(signed.meta as JsonObject), 'more.json': { version: 1 } } }),
    ],
    [
      'a timestamp that lists more',
      'timestamp',
      (signed) => ({ ...signed, meta: { ...(signed.meta as JsonObject), 'more.json': { version: 1 } } }),
    ],
    [
      'a timestamp without signed time',
      'timestamp',
      (signed) => ({ ...signed, 'x-appwarrant': { auditHead: '0'.repeat(64) } }),
    ],
    [
      'a timestamp with a second spelling of time',
      'timestamp',
      (signed) => ({
        ...signed,
        'x-appwarrant': { auditHead: '0'.repeat(64), signedAt: '2030-01-01T00:00:00.000Z' },
      }),
    ],
    [
      'a customer role that holds something else',
      'customer',
      (signed, story) => ({
        ...signed,
        targets: {
          ...(signed.targets as JsonObject),
          [`${story.customer}/secret/${'0'.repeat(64)}`]: { length: 1, hashes: {}, custom: {} },
        },
      }),
    ],
  ];
  test.each(shapes)('%s', (_, which, change) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor, customer, entry } = story;
    const role = which === 'partner' ? entry.role : which === 'customer' ? customer : which;
    const tamper: Tamper = (name, signed) => (name === role ? change(signed, story) : signed);
    refusedLoad('bundle_shape', story, held, bundleOf(vendor, customer, publish(vendor, tamper)));
  });

  test('a root with a further role, or without consistent snapshots', () => {
    const changes: readonly ((signed: JsonObject) => JsonObject)[] = [
      (signed) => ({
        ...signed,
        roles: { ...(signed.roles as JsonObject), mirrors: { keyids: [], threshold: 1 } },
      }),
      (signed) => ({ ...signed, consistent_snapshot: false }),
    ];
    for (const change of changes) {
      const story = tellStory();
      const root = openedRoot(story, change);
      refusal('bundle_shape', () => openAt(story, bundleNow(story), { anchor: root }));
    }
  });

  function openedRoot(story: Story, change: (signed: JsonObject) => JsonObject): ReturnType<typeof anchorOf> {
    story.vendor.roots = [];
    signRoot(story.vendor, [], (_, signed) => change(signed));
    return anchorOf(story.vendor);
  }
});

describe('A bundle file', () => {
  test('cut anywhere is refused, and changes nothing', () => {
    const { story, held, files } = nextFiles();
    const bytes = pack(story, files);
    for (let at = 0; at < bytes.length; at += 101) {
      refusedLoad('bundle_malformed', story, held, bytes.subarray(0, at));
    }
  });

  test('with one bit changed is never read as something else', () => {
    const { story, held, files } = nextFiles();
    const bytes = Buffer.from(pack(story, files));
    const expected = openAt(story, bytes, { held, floor: held.nextFloor });
    for (let at = 0; at < bytes.length; at += 53) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      let opened: typeof expected | undefined;
      try {
        opened = openAt(story, flipped, { held, floor: held.nextFloor });
      } catch (error) {
        expect(error).toMatchObject({ name: 'Refused' });
      }
      // gzip has bytes that mean nothing (its time, its system); what was unpacked is the same then.
      if (opened !== undefined) expect(opened.nextFloor).toEqual(expected.nextFloor);
    }
  });

  test('with something after its last file is refused', () => {
    const { story, held, files } = nextFiles();
    refusedLoad('bundle_malformed', story, held, Buffer.concat([pack(story, files), Buffer.from([0])]));
  });

  test('whose index is not canonical is refused', () => {
    const { story, held, files } = nextFiles();
    const bytes = pack(story, files);
    const { index, files: members } = readBundle(bytes);
    const packed = [...members.values()].map((file) => file.packed);
    refusedLoad(
      'bundle_malformed',
      story,
      held,
      assemble(Buffer.from(JSON.stringify(index, null, 1)), packed),
    );
  });

  test('that says less than it unpacks to is refused before it grows', () => {
    const { story, held } = nextFiles();
    const bomb = packBundle(story.customer, story.vendor.registry, [
      ['1.root.json', new Uint8Array(64 * 1024 * 1024)],
    ]);
    const { index, files } = readBundle(bomb);
    const lying = { ...index, files: index.files.map((file) => ({ ...file, length: 1000 })) };
    const text = JSON.stringify({
      customer: lying.customer,
      files: lying.files.map(sorted),
      registry: lying.registry,
    });
    const packed = [...files.values()].map((file) => file.packed);
    refusedLoad('bundle_malformed', story, held, assemble(Buffer.from(text), packed));

    function sorted({ digest, length, name, packed: size }: (typeof index.files)[number]): object {
      return { digest, length, name, packed: size };
    }
  });

  test('that adds up to more than a gigabyte is refused before anything is unpacked', () => {
    const { story, held } = nextFiles();
    const files = Array.from({ length: 17 }, (_, i) => ({
      digest: '0'.repeat(64),
      length: 64 * 1024 * 1024,
      name: `${i}.json`,
      packed: 1,
    }));
    const index = JSON.stringify({ customer: story.customer, files, registry: story.vendor.registry });
    refusedLoad('too_large', story, held, assemble(Buffer.from(index), []));
  });

  test('of more than 4096 files is refused before any of them is looked at', () => {
    const { story, held } = nextFiles();
    const of = (count: number) => {
      const file = (i: number) => ({ digest: '0'.repeat(64), length: 1, name: `${i}.json`, packed: 1 });
      const files = Array.from({ length: count }, (_, i) => file(i));
      const index = JSON.stringify({ customer: story.customer, files, registry: story.vendor.registry });
      return assemble(Buffer.from(index), [Buffer.alloc(count)]);
    };
    refusedLoad('bundle_shape', story, held, of(4096));
    refusedLoad('too_large', story, held, of(4097));
  });

  test('of nothing, or of something else, is refused', () => {
    const { story, held } = nextFiles();
    refusedLoad('bundle_malformed', story, held, new Uint8Array());
    refusedLoad('bundle_malformed', story, held, Buffer.from('PK\x03\x04'.repeat(100)));
  });
});

describe('The policy in targets is refused', () => {
  const policies: readonly (readonly [
    string,
    Parameters<typeof refusal>[0],
    (own: Record<string, JsonObject>) => object,
  ])[] = [
    [
      'with a threshold of 1 for entries in production',
      'roster_threshold',
      (own) => withRoster(own, { thresholds: { entry: 1, licence: 1, grant: 2 } }),
    ],
    [
      'with a threshold of 0',
      'roster_threshold',
      (own) => withRoster(own, { thresholds: { entry: 2, licence: 0, grant: 2 } }),
    ],
    [
      'without a threshold for grants',
      'roster_threshold',
      (own) => withRoster(own, { thresholds: { entry: 2, licence: 1 } }),
    ],
    [
      'with a threshold for something else',
      'roster_malformed',
      (own) => withRoster(own, { thresholds: { entry: 2, licence: 1, grant: 2, other: 1 } }),
    ],
    [
      'with plain http in production',
      'roster_malformed',
      (own) => withRoster(own, { origins: ['http://approve.acme.example'] }),
    ],
    [
      'with an origin at another host',
      'roster_malformed',
      (own) => withRoster(own, { origins: ['https://acme.example'] }),
    ],
    [
      'with a person twice',
      'roster_malformed',
      (own) =>
        withRoster(own, { approvers: twice(own, (person) => ({ ...person, keys: [makePasskey().listed] })) }),
    ],
    [
      'with one key under two people',
      'roster_malformed',
      (own) => withRoster(own, { approvers: twice(own, (person) => ({ ...person, id: makeId('u') })) }),
    ],
    [
      'with more than 30 days of monitor',
      'roster_malformed',
      (own) => ({ ...own, ceilings: { ...own.ceilings, monitor: 30 * day + 1 } }),
    ],
    [
      'with more than 72 hours of break-glass',
      'roster_malformed',
      (own) => ({ ...own, ceilings: { ...own.ceilings, breakGlass: 3 * day + 1 } }),
    ],
    ['with a further member', 'bundle_shape', (own) => ({ ...own, more: 1 })],
    [
      'with a malformed revocation',
      'revocation_malformed',
      (own) => ({ ...own, revocations: [{ subject: { kind: 'all' }, through: timeOf(0) }] }),
    ],
  ];
  test.each(policies)('%s', (_, code, change) => {
    const story = tellStory();
    const held = openedAt(story);
    later(story, 1);
    const { vendor, customer } = story;
    const publication = publish(vendor, (role, signed) =>
      role === 'targets'
        ? {
            ...signed,
            'x-appwarrant': change(signed['x-appwarrant'] as Record<string, JsonObject>) as JsonObject,
          }
        : signed,
    );
    refusedLoad(code, story, held, bundleOf(vendor, customer, publication));
  });

  test('in development one person is enough', () => {
    const thresholds = { entry: 1, licence: 1, grant: 1 };
    const story = tellStory({
      environment: 'development',
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost:8600'],
      thresholds,
    });
    expect(openedAt(story).judgeAll().entries).toHaveLength(1);
  });

  test('an empty roster is sound, and approves nothing', () => {
    const story = tellStory();
    story.vendor.people = [];
    refusal('license_not_approved', () => openedAt(story));
  });

  function withRoster(own: Record<string, JsonObject>, changes: object): object {
    return { ...own, roster: { ...own.roster, ...changes } };
  }

  function twice(own: Record<string, JsonObject>, change: (person: JsonObject) => JsonObject): JsonObject[] {
    const [person] = (own.roster as JsonObject).approvers as readonly JsonObject[];
    return [person as JsonObject, change(person as JsonObject)];
  }
});

function alsoDelegates(signed: JsonObject, changes: object): JsonObject {
  const { keys, roles } = signed.delegations as { keys: JsonObject; roles: readonly JsonObject[] };
  return { ...signed, delegations: { keys, roles: [...roles, { ...roles[0], ...changes }] } };
}

function delegatesWith(signed: JsonObject, changes: object): JsonObject {
  const { keys, roles } = signed.delegations as { keys: JsonObject; roles: readonly JsonObject[] };
  const changed = JSON.parse(JSON.stringify({ ...roles[0], ...changes })) as JsonObject;
  return { ...signed, delegations: { keys, roles: [changed, ...roles.slice(1)] } };
}

function without(signed: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(signed).filter(([member]) => member !== name));
}
