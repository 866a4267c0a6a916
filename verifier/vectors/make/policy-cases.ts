import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { rosterOf } from '../../test/compose/vendor.ts';
import { replacing } from './edit-json.ts';
import { rsaJwk } from './rsa-key.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { makeWorld } from './world.ts';

// The roster and the ceilings (SPEC §2.2).

const area = 'policy';
const spec = ['2.2'];

function right(): JsonObject {
  const { vendor } = makeWorld();
  return {
    kind: 'policy',
    environment: vendor.environment,
    roster: rosterOf(vendor),
    ceilings: vendor.ceilings,
  };
}

function approvers(): JsonObject[] {
  return [...(right().roster as { approvers: readonly JsonObject[] }).approvers];
}

const [ada, ben] = approvers() as [JsonObject, JsonObject];
const key = (person: JsonObject): JsonObject => (person.keys as readonly JsonObject[])[0] as JsonObject;
const roster = (...names: readonly string[]) => ['roster', ...names];
const withAda = (changes: JsonObject): JsonValue => [{ ...ada, ...changes }, ben];
const withKey = (changes: JsonObject): JsonValue => withAda({ keys: [{ ...key(ada), ...changes }] });

/** What is wrong at one place. */
const wrong: readonly (readonly [
  code: ReasonCode,
  name: string,
  about: string,
  at: readonly string[],
  wrong: JsonValue | undefined,
])[] = [
  [
    'roster_malformed',
    'rp-id-upper-case',
    'The RP ID is in capitals.',
    roster('rpId'),
    'Approve.acme.example',
  ],
  [
    'roster_malformed',
    'origin-above-rp-id',
    "An origin's host is above the RP ID.",
    roster('origins'),
    ['https://acme.example'],
  ],
  [
    'roster_malformed',
    'origin-below-rp-id',
    "An origin's host is below the RP ID.",
    roster('origins'),
    ['https://x.approve.acme.example'],
  ],
  [
    'roster_malformed',
    'origin-http',
    'An origin in production is http.',
    roster('origins'),
    ['http://approve.acme.example'],
  ],
  [
    'roster_malformed',
    'origin-with-path',
    'An origin has a path.',
    roster('origins'),
    ['https://approve.acme.example/'],
  ],
  [
    'roster_malformed',
    'origin-twice',
    'An origin stands twice.',
    roster('origins'),
    ['https://approve.acme.example', 'https://approve.acme.example'],
  ],
  [
    'roster_malformed',
    'further-member',
    'The roster has a member that no reader knows.',
    roster('note'),
    'a',
  ],
  [
    'roster_malformed',
    'person-twice',
    'A person stands twice.',
    roster('approvers'),
    [ada, { ...ben, id: ada.id as string }],
  ],
  [
    'roster_malformed',
    'credential-twice',
    'A credential stands under two people.',
    roster('approvers'),
    [ada, { ...ben, keys: [{ ...key(ben), id: key(ada).id as string }] }],
  ],
  [
    'roster_malformed',
    'key-twice',
    'A key stands under two people, as two credentials.',
    roster('approvers'),
    [ada, { ...ben, keys: [{ ...key(ben), key: key(ada).key as JsonObject }] }],
  ],
  [
    'roster_malformed',
    'key-twice-in-one',
    'A key stands twice under one person.',
    roster('approvers'),
    withAda({ keys: [key(ada), { ...key(ada), id: 'AAAA' }] }),
  ],
  [
    'roster_malformed',
    'status-unknown',
    'A person has a status that is not on the list.',
    roster('approvers'),
    withAda({ status: { kind: 'away' } }),
  ],
  [
    'roster_malformed',
    'retired-without-time',
    'A person has retired at no time.',
    roster('approvers'),
    withAda({ status: { kind: 'retired' } }),
  ],
  [
    'roster_malformed',
    'active-with-time',
    'A person is active, with a time at which she left.',
    roster('approvers'),
    withAda({ status: { kind: 'active', at: '2030-01-01T00:00:00Z' } }),
  ],
  [
    'roster_malformed',
    'name',
    'A name has a bidirectional override.',
    roster('approvers'),
    withAda({ name: 'Ada\u202e' }),
  ],
  [
    'roster_malformed',
    'algorithm-unknown',
    'A key is for an algorithm that is not on the list.',
    roster('approvers'),
    withKey({ alg: 'EdDSA' }),
  ],
  [
    'key_malformed',
    'roster-other-algorithm',
    'A key for RS256 is an EC key.',
    roster('approvers'),
    withKey({ alg: 'RS256' }),
  ],
  [
    'key_malformed',
    'roster-rsa-short',
    "An approver's RSA key is too short.",
    roster('approvers'),
    withKey({ alg: 'RS256', key: { ...rsaJwk, n: rsaJwk.n.slice(4) } }),
  ],
  [
    'roster_threshold',
    'entry-of-one',
    'In production one person is enough for an entry.',
    roster('thresholds', 'entry'),
    1,
  ],
  [
    'roster_threshold',
    'grant-of-one',
    'In production one person is enough for a grant.',
    roster('thresholds', 'grant'),
    1,
  ],
  [
    'roster_threshold',
    'licence-of-none',
    'Nobody is needed for a licence.',
    roster('thresholds', 'licence'),
    0,
  ],
  [
    'roster_threshold',
    'entry-absent',
    'There is no threshold for entries.',
    roster('thresholds', 'entry'),
    undefined,
  ],
  [
    'roster_threshold',
    'grant-absent',
    'There is no threshold for grants.',
    roster('thresholds', 'grant'),
    undefined,
  ],
  [
    'roster_malformed',
    'monitor-too-long',
    'Monitor mode may last 30 days and a second.',
    ['ceilings', 'monitor'],
    2_592_001,
  ],
  [
    'roster_malformed',
    'break-glass-too-long',
    'Break-glass may last 72 hours and a second.',
    ['ceilings', 'breakGlass'],
    259_201,
  ],
  ['roster_malformed', 'threshold-101', 'A licence needs 101 people.', roster('thresholds', 'licence'), 101],
  [
    'roster_malformed',
    'grace-too-long',
    'Grace may last ten years and a second.',
    ['ceilings', 'grace'],
    315_360_001,
  ],
  ['roster_malformed', 'fresh-zero', 'Nothing is ever fresh.', ['ceilings', 'fresh'], 0],
  [
    'roster_malformed',
    'attestation-absent',
    'There is no ceiling for attestations.',
    ['ceilings', 'attestation'],
    undefined,
  ],
];

export function policyCases(): Made[] {
  const one = (name: string, about: string, input: JsonObject, count = 2) =>
    accepted({ area, name, about, spec, input, facts: { approvers: count } });
  const development = replacing(
    replacing({ ...right(), environment: 'development' }, roster('rpId'), 'approve.localhost'),
    roster('origins'),
    ['http://approve.localhost:8600'],
  );
  return [
    one('production', 'The roster and the ceilings of a production registry.', right()),
    one('empty', 'A roster may be empty.', replacing(right(), roster('approvers'), []), 0),
    one(
      'most-ceilings',
      'Monitor mode and break-glass last as long as they may.',
      replacing(replacing(right(), ['ceilings', 'monitor'], 2_592_000), ['ceilings', 'breakGlass'], 259_200),
    ),
    one(
      'development-of-one',
      'In development one person is enough, and http will do.',
      replacing(development, roster('thresholds'), { entry: 1, licence: 1, grant: 1 }),
    ),
    one(
      'threshold-of-100',
      'A licence may need 100 people, though there are two.',
      replacing(right(), roster('thresholds', 'licence'), 100),
    ),
    refused({
      area,
      code: 'roster_malformed',
      name: 'credential-id-too-long',
      about: 'A credential id has 1366 characters; the longest that bytes can have is 1364.',
      spec,
      make: (defect) =>
        replacing(right(), roster('approvers'), withKey({ id: 'A'.repeat(defect(1364, 1366)) })),
    }),
    ...wrong.map(([code, name, about, at, bad]) =>
      refused({
        area,
        code,
        name,
        about,
        spec: code === 'key_malformed' ? ['1.7', '2.2'] : spec,
        make: (defect) => defect(right(), replacing(right(), at, bad)),
      }),
    ),
    refused({
      area,
      code: 'roster_threshold',
      name: 'development-of-none',
      about: 'In development nobody is needed for an entry.',
      spec,
      make: (defect) => replacing(development, roster('thresholds', 'entry'), defect(1, 0)),
    }),
  ];
}
