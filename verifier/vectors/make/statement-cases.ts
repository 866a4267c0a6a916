import { createHash } from 'node:crypto';
import { canonical } from '../../src/canonical.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { statementDigest } from '../../src/statement.ts';
import { statementFor, type TestTarget } from '../../test/compose/vendor.ts';
import { replacing, textOf } from './edit-json.ts';
import { foundOf } from './found.ts';
import { digestOf, idOf, keyOf } from './keys.ts';
import { accepted, refused, type Made } from './vector-case.ts';
import { addBuild, addGrant, customer, day, makeWorld, partner, type World } from './world.ts';

// Statements: their structure and their place (SPEC §3).

const identity = { kind: 'key', key: keyOf('app').jwk, use: 'request', holder: 'server' };
const second = { kind: 'key', key: keyOf('second').jwk, use: 'request', holder: 'hardware' };
const deployment = (label: string) => keyOf(label).thumbprint;

/** One member of a statement's `custom` (or of its place, where the names begin with `/`): where it lies, and what is wrong there. */
type Wrong = readonly [name: string, about: string, at: readonly string[], wrong: JsonValue | undefined];

const entryMalformed: readonly Wrong[] = [
  ['entry-without-review', 'An entry has no review.', ['review'], undefined],
  ['entry-further-member', 'An entry has a member that no reader knows.', ['note'], 'a'],
  [
    'entry-partner-further-member',
    "An entry's partner has a member that no reader knows.",
    ['partner', 'url'],
    'a',
  ],
  [
    'entry-platform-unknown',
    'A build is for a platform that is not on the list.',
    ['build', 'platform'],
    'amiga',
  ],
  ['entry-version-label', "A build's version has a control character.", ['build', 'version'], '1.0\n'],
  ['entry-build-id', "A build's id is an app's slug.", ['build', 'id'], 'orders'],
  ['entry-no-identities', 'An entry has no identities.', ['identities'], []],
  [
    'entry-17-identities',
    'An entry has 17 identities.',
    ['identities'],
    Array.from({ length: 17 }, (_, i) => ({ ...identity, key: keyOf(`many ${String(i)}`).jwk })),
  ],
  [
    'entry-key-twice',
    'An entry has one key in two identities.',
    ['identities'],
    [identity, { ...identity, holder: 'hardware' }],
  ],
  [
    'entry-attest-embedded',
    'A key that vouches for instances is not held by a server.',
    ['identities'],
    [identity, { ...second, use: 'attest', holder: 'hardware' }],
  ],
  [
    'entry-identity-kind',
    'An identity is of a kind that no reader knows.',
    ['identities'],
    [{ ...identity, kind: 'apk' }],
  ],
  [
    'entry-identity-use',
    'An identity has a use that is not on the list.',
    ['identities'],
    [{ ...identity, use: 'both' }],
  ],
  [
    'entry-assurance-too-high',
    'The assurance is above the lowest holder among the identities.',
    ['assurance'],
    'hardware',
  ],
  [
    'entry-capabilities-unsorted',
    'Capabilities are not sorted.',
    ['capabilities'],
    ['orders:write', 'orders:read'],
  ],
  [
    'entry-capabilities-twice',
    'A capability stands twice.',
    ['capabilities'],
    ['orders:read', 'orders:read'],
  ],
  [
    'entry-65-capabilities',
    'There are 65 capabilities.',
    ['capabilities'],
    Array.from({ length: 65 }, (_, i) => `c${String(i).padStart(2, '0')}`),
  ],
  ['entry-capabilities-absent', 'Capabilities are absent instead of empty.', ['capabilities'], undefined],
  ['entry-customers-empty', 'An entry is for no customers at all.', ['customers'], []],
  ['entry-customers-text', 'Customers are a text other than "all".', ['customers'], 'any'],
  [
    'entry-ends-as-it-begins',
    'An entry ends in the second in which it begins.',
    ['expires'],
    '2030-01-01T00:00:00Z',
  ],
  [
    'entry-begins-before-issued',
    'An entry is valid from before it was issued.',
    ['validFrom'],
    '2029-12-31T23:59:59Z',
  ],
  ['entry-time-with-fraction', 'A time has fractions of a second.', ['issued'], '2030-01-01T00:00:00.0Z'],
  ['entry-time-number', 'A time is a number.', ['issued'], 1893456000],
  [
    'entry-review-upper-case',
    'A digest is in upper-case digits.',
    ['review'],
    digestOf('review first').toUpperCase(),
  ],
  ['entry-assurance-unknown', 'The assurance is not on the list.', ['assurance'], 'paper'],
  [
    'entry-identity-holder',
    'An identity has a holder that is not on the list.',
    ['identities'],
    [{ ...identity, holder: 'paper' }],
  ],
  ['entry-kind-unknown', 'A statement is of a kind that no reader knows.', ['kind'], 'exit'],
];

const licenseMalformed: readonly Wrong[] = [
  ['licence-no-deployments', 'A licence is for no deployment.', ['deployments'], []],
  [
    'licence-deployments-unsorted',
    'Deployments are not sorted by id.',
    ['deployments'],
    twoDeployments().toReversed(),
  ],
  [
    'licence-deployment-twice',
    'A deployment stands twice.',
    ['deployments'],
    [twoDeployments()[0] as JsonObject, twoDeployments()[0] as JsonObject],
  ],
  [
    'licence-no-origins',
    'A deployment has no origin.',
    ['deployments'],
    [{ id: deployment('deployment'), origins: [] }],
  ],
  [
    'licence-origins-unsorted',
    'Origins are not sorted.',
    ['deployments'],
    [{ id: deployment('deployment'), origins: ['https://b.example', 'https://a.example'] }],
  ],
  [
    'licence-origin-with-path',
    'An origin has a path.',
    ['deployments'],
    [{ id: deployment('deployment'), origins: ['https://a.example/'] }],
  ],
  [
    'licence-deployment-id',
    'A deployment id is no thumbprint.',
    ['deployments'],
    [{ id: 'erp', origins: ['https://a.example'] }],
  ],
  ['licence-fresh-zero', 'A licence is never fresh.', ['fresh'], 0],
  ['licence-grace-negative', 'Grace is negative.', ['grace'], -1],
  ['licence-grace-absent', 'Grace is absent instead of zero.', ['grace'], undefined],
  [
    'licence-partners-unsorted',
    'Partners are not sorted.',
    ['partners'],
    [idOf('p', 'a'), idOf('p', 'b')].sort().reverse(),
  ],
];

const grantMalformed: readonly Wrong[] = [
  ['grant-no-deployments', 'A grant is for no deployment.', ['deployments'], []],
  [
    'grant-65-deployments',
    'A grant is for 65 deployments.',
    ['deployments'],
    Array.from({ length: 65 }, (_, i) => keyOf(`many ${String(i)}`).thumbprint).sort(),
  ],
  ['grant-for-all-deployments', 'A grant is for all deployments, which none may be.', ['deployments'], 'all'],
  ['grant-effect-unknown', 'A grant has an effect that no reader knows.', ['effect'], { kind: 'skip' }],
  [
    'grant-effect-further-member',
    'An effect has a member that is not its own.',
    ['effect'],
    { kind: 'monitor', grace: 1 },
  ],
  ['grant-grace-absent', 'A grant of longer grace does not say how long.', ['effect'], { kind: 'grace' }],
  ['grant-grace-zero', 'A grant of longer grace gives none.', ['effect'], { kind: 'grace', grace: 0 }],
  ['grant-reason-empty', 'A grant has no reason.', ['reason'], ''],
];

/** Role, path, length or digest: what is wrong, as a function of what is right. */
const misplaced: readonly (readonly [
  name: string,
  about: string,
  of: 'entry' | 'license' | 'grant',
  wrong: (target: TestTarget) => JsonObject,
])[] = [
  [
    'entry-role-of-other-partner',
    "An entry lies in another partner's role.",
    'entry',
    ({ path }) => moved(path, partner, idOf('p', 'other')),
  ],
  [
    'entry-path-of-other-role',
    "An entry's path lies below another role than its own.",
    'entry',
    ({ path }) => ({ path: path.replace(partner, idOf('p', 'other')) }),
  ],
  [
    'entry-path-of-other-app',
    "An entry's path names another app.",
    'entry',
    ({ path }) => ({ path: path.replace('/orders/', '/invoices/') }),
  ],
  [
    'entry-path-of-other-digest',
    "An entry's path names another digest than its hashes.",
    'entry',
    () => ({ hashes: { sha256: digestOf('artifact other') } }),
  ],
  ['entry-path-longer', "An entry's path goes on.", 'entry', ({ path }) => ({ path: `${path}/x` })],
  [
    'licence-role-of-other-customer',
    "A licence lies in another customer's role.",
    'license',
    ({ path }) => moved(path, customer, idOf('c', 'other')),
  ],
  [
    'licence-path-of-grants',
    'A licence lies where grants lie.',
    'license',
    ({ path }) => ({ path: path.replace('/licence/', '/grant/') }),
  ],
  [
    'licence-digest-of-other-bytes',
    "A licence's digest is of other bytes than its own.",
    'license',
    ({ path, digest }) => ({ path: path.replace(digest, digestOf('x')), hashes: { sha256: digestOf('x') } }),
  ],
  [
    'licence-length',
    "A licence's length is of other bytes than its own.",
    'license',
    ({ length }) => ({ length: length + 1 }),
  ],
  [
    'grant-path-of-licences',
    'A grant lies where licences lie.',
    'grant',
    ({ path }) => ({ path: path.replace('/grant/', '/licence/') }),
  ],
];

export function statementCases(): Made[] {
  const area = 'statement';
  const input = (found: JsonObject): JsonObject => ({ kind: 'statement', found });
  const story = tell();
  const digest = (target: TestTarget): string => statementDigest(statementFor(story.vendor, target));
  const malformed =
    (of: 'entry' | 'license' | 'grant', spec: string, code: ReasonCode = 'statement_malformed') =>
    ([name, about, at, wrong]: Wrong) =>
      refused({
        area,
        code,
        name,
        about,
        spec: [spec],
        make: (defect) => {
          const world = tell();
          const right = foundOf(world, world[of]);
          return input(defect(right, placed(replacing(right, ['custom', ...at], wrong))));
        },
      });
  return [
    ...(['entry', 'license', 'grant'] as const).map((of) => {
      const kind = of === 'license' ? 'licence' : of;
      const about = `The statement that ${kind === 'entry' ? 'an' : 'a'} ${kind} makes where it was found, and its digest.`;
      return accepted({
        area,
        name: kind,
        about,
        spec: ['3.1'],
        input: input(foundOf(story, story[of])),
        facts: { kind, digest: digest(story[of]) },
      });
    }),
    ...rich(story, input, digest),
    ...entryMalformed.map(malformed('entry', '3.2')),
    ...licenseMalformed.map(malformed('license', '3.3')),
    ...grantMalformed.map(malformed('grant', '3.4')),
    malformed(
      'entry',
      '1.7',
      'key_malformed',
    )([
      'entry-key-with-kid',
      "An identity's key has a further member.",
      ['identities'],
      [{ ...identity, key: { ...identity.key, kid: 'a' } }],
    ]),
    ...[
      ['entry-length-text', "An entry's length is a text.", { length: '1234' }] as const,
      [
        'entry-further-digest',
        'An entry has a second digest beside that of SHA-256.',
        { hashes: { sha256: story.entry.digest, sha512: '00'.repeat(64) } },
      ] as const,
    ].map(([name, about, wrong]) =>
      refused({
        area,
        code: 'statement_malformed',
        name,
        about,
        spec: ['3.1'],
        make: (defect) => input(foundOf(story, story.entry, defect<JsonObject>({}, wrong))),
      }),
    ),
    ...misplaced.map(([name, about, of, wrong]) =>
      refused({
        area,
        code: 'statement_misplaced',
        name,
        about,
        spec: ['3.1', of === 'entry' ? '3.2' : '3.4'],
        make: (defect) => {
          const world = tell();
          return input(defect(foundOf(world, world[of]), foundOf(world, world[of], wrong(world[of]))));
        },
      }),
    ),
  ];
}

/** A licence or a grant in the place that its bytes give it, whatever it says, so that nothing but what it says is wrong. */
function placed(found: JsonObject): JsonObject {
  const { role, path, custom } = found;
  const [, kind = ''] = textOf(path).split('/');
  if (textOf(role).startsWith('p-') || custom === undefined) return found;
  const bytes = canonical(custom);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { ...found, path: `${textOf(role)}/${kind}/${sha256}`, length: bytes.length, hashes: { sha256 } };
}

/** What else is right. */
function rich(
  world: World,
  input: (found: JsonObject) => JsonObject,
  digest: (target: TestTarget) => string,
): Made[] {
  const entry = (name: string, about: string, changes: Parameters<typeof addBuild>[3], place = {}) => {
    const target = addBuild(world.vendor, world.key, name, changes, place);
    return accepted({
      area: 'statement',
      name,
      about,
      spec: ['3.2'],
      input: input(foundOf(world, target)),
      facts: { digest: digest(target) },
    });
  };
  const { jwk } = keyOf('app');
  return [
    entry('entry-of-two-identities', 'A key that signs requests, and one that vouches for instances.', {
      identities: [
        { kind: 'key', key: jwk, use: 'request', holder: 'embedded' },
        { kind: 'key', key: keyOf('second').jwk, use: 'attest', holder: 'server' },
      ],
      assurance: 'embedded',
    }),
    entry(
      'entry-for-two-customers',
      'An entry for two customers, with no capabilities and names beyond ASCII.',
      {
        customers: [customer, idOf('c', 'other')].sort(),
        capabilities: [],
        app: { id: 'orders', name: 'Aufträge “neu” \\ 2' },
      },
    ),
    entry('entry-in-overflow-role', "An entry in the partner's second role.", {}, { role: `${partner}-2` }),
    entry('entry-valid-later', 'An entry that is valid from a day after it was issued, for one second.', {
      validFrom: '2030-01-02T00:00:00Z',
      expires: '2030-01-02T00:00:01Z',
    }),
  ];
}

function tell(): World & { readonly grant: TestTarget } {
  const world = makeWorld();
  const grant = addGrant(world.vendor, { effect: { kind: 'grace', grace: 7 * day } });
  return { ...world, grant };
}

function moved(path: string, from: string, to: string): JsonObject {
  return { role: to, path: path.replace(from, to) };
}

function twoDeployments(): JsonObject[] {
  return [deployment('deployment'), deployment('second deployment')]
    .sort()
    .map((id) => ({ id, origins: ['https://a.example'] }));
}
