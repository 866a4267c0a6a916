import { describe, expect, test } from 'vitest';
import {
  isObject,
  parseApproval,
  parseCeilings,
  parseEntry,
  parseGrant,
  parseLicense,
  parseRoster,
  type JsonObject,
  type JsonValue,
  type ReasonCode,
} from '../../src/formats.ts';
import { refusal, tellStory } from '../compose/story.ts';
import { entryCustom, grantCustom, licenseCustom, makePerson, rosterOf } from '../compose/vendor.ts';

// How many, and how large (SPEC §2.2, §3.2–§3.4, §4.1, §12): the most is taken, and one more is refused; so is the least, and one less.

const { vendor, customer, deployment, key, entry } = tellStory();
const tenYears = 315_360_000;

/** So many ids of 26 characters, sorted. */
const ids = (letter: string, count: number): string[] =>
  Array.from(
    { length: count },
    (_, i) => `${letter}-${i.toString(2).padStart(26, '0').replaceAll('0', 'a').replaceAll('1', 'b')}`,
  );
/** So many texts of 43 characters, as thumbprints and coordinates are, sorted. */
const thumbprints = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, i) => `${i.toString(2).padStart(42, '0').replaceAll('0', 'a').replaceAll('1', 'b')}A`,
  );
const texts = (count: number, length = 12): string[] =>
  Array.from(
    { length: count },
    (_, i) =>
      `a${i
        .toString(2)
        .padStart(length - 1, '0')
        .replaceAll('1', 'b')
        .replaceAll('0', 'a')}`,
  );

const identities = (count: number): JsonValue =>
  thumbprints(count).map((x) => ({ kind: 'key', key: { ...key.jwk, x }, use: 'request', holder: 'server' }));
const deployments = (count: number): JsonValue =>
  thumbprints(count).map((id) => ({ id, origins: ['https://erp.customer.example'] }));
const origins = (count: number): string[] => texts(count).map((name) => `https://${name}.example`);
const ports = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `https://approve.acme.example:${8000 + i}`);
const approvers = (count: number): JsonValue => {
  const keys = thumbprints(count);
  return ids('u', count).map((id, i) => {
    const x = keys[i] ?? '';
    return {
      id,
      name: 'Ada',
      status: { kind: 'active' },
      keys: [{ id: x, alg: 'ES256', key: { ...key.jwk, x } }],
    };
  });
};
const keysOfOne = (count: number): JsonValue =>
  thumbprints(count).map((x) => ({ id: x, alg: 'ES256', key: { ...key.jwk, x } }));

const roster = rosterOf({ ...vendor, people: [makePerson('Ada')] }) as unknown as JsonObject;
const license = licenseCustom(vendor, customer, deployment) as unknown as JsonObject;
const grant = grantCustom(vendor, customer, deployment, {
  effect: { kind: 'grace', grace: 1 },
}) as unknown as JsonObject;
const some = entryCustom(vendor, key) as unknown as JsonObject;
const approval = entry.approvals[0] as unknown as JsonObject;
const asProduction = (value: JsonValue): unknown => parseRoster(value, 'production');
const asDevelopment = (value: JsonValue): unknown => parseRoster(value, 'development');

type Parse = (value: JsonValue) => unknown;
type Limit = readonly [
  what: string,
  code: ReasonCode,
  parse: Parse,
  document: JsonObject,
  at: string,
  allowed: readonly JsonValue[],
  refused: readonly JsonValue[],
];

const statement = 'statement_malformed';
const limits: readonly Limit[] = [
  [
    'identities of an entry',
    statement,
    parseEntry,
    some,
    'identities',
    [identities(1), identities(16)],
    [[], identities(17)],
  ],
  ['capabilities of an entry', statement, parseEntry, some, 'capabilities', [[], texts(64)], [texts(65)]],
  [
    'customers of an entry',
    statement,
    parseEntry,
    some,
    'customers',
    [ids('c', 1), ids('c', 4096)],
    [[], ids('c', 4097), 'none'],
  ],
  [
    'deployments of a licence',
    statement,
    parseLicense,
    license,
    'deployments',
    [deployments(1), deployments(64)],
    [[], deployments(65)],
  ],
  [
    'origins of a deployment',
    statement,
    parseLicense,
    license,
    'deployments.0.origins',
    [origins(1), origins(32)],
    [[], origins(33)],
  ],
  [
    'partners of a licence',
    statement,
    parseLicense,
    license,
    'partners',
    [[], ids('p', 4096)],
    [ids('p', 4097), 'none'],
  ],
  ['fresh of a licence', statement, parseLicense, license, 'fresh', [1, tenYears], [0, tenYears + 1]],
  ['grace of a licence', statement, parseLicense, license, 'grace', [0, tenYears], [-1, tenYears + 1]],
  [
    'deployments of a grant',
    statement,
    parseGrant,
    grant,
    'deployments',
    [thumbprints(1), thumbprints(64)],
    [[], thumbprints(65), 'all'],
  ],
  ['grace of a grant', statement, parseGrant, grant, 'effect.grace', [1, tenYears], [0, tenYears + 1]],
  [
    'origins of a roster',
    'roster_malformed',
    asProduction,
    roster,
    'origins',
    [ports(1), ports(16)],
    [[], ports(17)],
  ],
  [
    'approvers of a roster',
    'roster_malformed',
    asProduction,
    roster,
    'approvers',
    [[], approvers(1000)],
    [approvers(1001)],
  ],
  [
    'keys of an approver',
    'roster_malformed',
    asProduction,
    roster,
    'approvers.0.keys',
    [keysOfOne(1), keysOfOne(16)],
    [[], keysOfOne(17)],
  ],
  [
    'the threshold for entries',
    'roster_threshold',
    asProduction,
    roster,
    'thresholds.entry',
    [2, 100],
    [1, 0, -1, null, '2'],
  ],
  [
    'the threshold for licences',
    'roster_threshold',
    asProduction,
    roster,
    'thresholds.licence',
    [1, 100],
    [0],
  ],
  ['the threshold for grants', 'roster_threshold', asProduction, roster, 'thresholds.grant', [2, 100], [1]],
  [
    'the threshold for entries in development',
    'roster_threshold',
    asDevelopment,
    roster,
    'thresholds.entry',
    [1, 100],
    [0],
  ],
  ['any threshold', 'roster_malformed', asProduction, roster, 'thresholds.grant', [2], [101]],
  [
    'a credential id',
    'roster_malformed',
    asProduction,
    roster,
    'approvers.0.keys.0.id',
    ['AA', 'A'.repeat(1364)],
    ['', 'A'.repeat(1368), 'A=', 'A'],
  ],
  [
    'the ceiling of fresh',
    'roster_malformed',
    parseCeilings,
    vendor.ceilings,
    'fresh',
    [1, tenYears],
    [0, tenYears + 1],
  ],
  [
    'the ceiling of grace',
    'roster_malformed',
    parseCeilings,
    vendor.ceilings,
    'grace',
    [0, tenYears],
    [-1, tenYears + 1],
  ],
  [
    'the ceiling of monitor grants',
    'roster_malformed',
    parseCeilings,
    vendor.ceilings,
    'monitor',
    [0, 2_592_000],
    [-1, 2_592_001],
  ],
  [
    'the ceiling of break-glass grants',
    'roster_malformed',
    parseCeilings,
    vendor.ceilings,
    'breakGlass',
    [0, 259_200],
    [-1, 259_201],
  ],
  [
    'the ceiling of entries',
    'roster_malformed',
    parseCeilings,
    vendor.ceilings,
    'entryValidity',
    [1, tenYears],
    [0, tenYears + 1],
  ],
  [
    'the ceiling of attestations',
    'roster_malformed',
    parseCeilings,
    vendor.ceilings,
    'attestation',
    [0, tenYears],
    [-1, tenYears + 1],
  ],
  ['the size of an approval', 'approval_malformed', parseApproval, approval, 'size', [1, 1024], [0, 1025]],
  ['the index of an approval', 'approval_malformed', parseApproval, approval, 'index', [0, 1023], [-1, 1024]],
  [
    'the path of an approval',
    'approval_malformed',
    parseApproval,
    approval,
    'path',
    [[], thumbprints(10)],
    [thumbprints(11)],
  ],
  [
    'a step of an approval’s path',
    'approval_malformed',
    parseApproval,
    approval,
    'path',
    [['A'.repeat(43)]],
    [['A'.repeat(44)], ['']],
  ],
  [
    'the key of an approval',
    'approval_malformed',
    parseApproval,
    approval,
    'key',
    ['A', 'A'.repeat(1364)],
    ['', 'A'.repeat(1365), '=A', 'A=', '\nA', 'A\n'],
  ],
  [
    'authenticatorData',
    'approval_malformed',
    parseApproval,
    approval,
    'authenticatorData',
    ['A'.repeat(512)],
    ['', 'A'.repeat(513)],
  ],
  [
    'clientDataJSON',
    'approval_malformed',
    parseApproval,
    approval,
    'clientDataJSON',
    ['A'.repeat(1366)],
    ['', 'A'.repeat(1367)],
  ],
  [
    'the signature of an approval',
    'approval_malformed',
    parseApproval,
    approval,
    'signature',
    ['A'.repeat(683)],
    ['', 'A'.repeat(684)],
  ],
];

describe('There are as many, and as much, as there may be', () => {
  test.each(limits)('%s', (_, code, parse, document, at, allowed, refused) => {
    for (const value of allowed) expect(() => parse(putAt(document, at.split('.'), value))).not.toThrow();
    for (const value of refused) refusal(code, () => parse(putAt(document, at.split('.'), value)));
  });

  test('ids and texts of these tests are what they are taken for', () => {
    for (const list of [ids('c', 4097), thumbprints(65), texts(65)]) expect(list.toSorted()).toEqual(list);
  });
});

describe('What is in order once is refused out of order', () => {
  test.each<readonly [string, Parse, JsonObject, string, JsonValue]>([
    ['capabilities', parseEntry, some, 'capabilities', ['a', 'b', 'c']],
    ['customers', parseEntry, some, 'customers', ids('c', 3)],
    ['partners', parseLicense, license, 'partners', ids('p', 3)],
    ['deployments', parseLicense, license, 'deployments', deployments(3)],
    ['origins', parseLicense, license, 'deployments.0.origins', origins(3)],
    ['deployments of a grant', parseGrant, grant, 'deployments', thumbprints(3)],
  ])('%s', (_, parse, document, at, list) => {
    const [a, b, c] = list as JsonValue[] as [JsonValue, JsonValue, JsonValue];
    const given = (value: JsonValue): JsonValue => putAt(document, at.split('.'), value);
    expect(() => parse(given([a, b, c]))).not.toThrow();
    for (const wrong of [
      [b, a, c],
      [a, c, b],
      [a, a, b],
      [a, b, b],
      [c, b, a],
    ])
      refusal('statement_malformed', () => parse(given(wrong)));
  });

  test.each([
    ['issued after it begins', { issued: '2030-01-01T00:00:01Z', validFrom: '2030-01-01T00:00:00Z' }],
    ['ending as it begins', { validFrom: '2030-01-02T00:00:00Z', expires: '2030-01-02T00:00:00Z' }],
    ['ending before it begins', { validFrom: '2030-01-02T00:00:00Z', expires: '2030-01-01T00:00:00Z' }],
  ])('dates: %s', (_, dates) => {
    const base = {
      issued: '2030-01-01T00:00:00Z',
      validFrom: '2030-01-01T00:00:00Z',
      expires: '2030-01-01T00:00:01Z',
    };
    for (const [parse, document] of [
      [parseEntry, some],
      [parseLicense, license],
      [parseGrant, grant],
    ] as const) {
      expect(() => parse({ ...document, ...base })).not.toThrow();
      refusal('statement_malformed', () => parse({ ...document, ...base, ...dates }));
    }
  });

  test.each(['issued', 'validFrom', 'expires'])('a date that is no time: %s', (name) => {
    for (const [parse, document] of [
      [parseEntry, some],
      [parseLicense, license],
      [parseGrant, grant],
    ] as const)
      for (const value of ['2030-01-01', 5, null])
        refusal('statement_malformed', () => parse({ ...document, [name]: value }));
  });
});

/** The value with another one at the end of a way. */
function putAt(value: JsonValue, [step, ...rest]: readonly string[], put: JsonValue): JsonValue {
  if (step === undefined) return put;
  if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    return list.with(Number(step), putAt(list[Number(step)] as JsonValue, rest, put));
  }
  if (!isObject(value)) throw new Error(`nothing at ${step}`);
  return { ...value, [step]: putAt(value[step] as JsonValue, rest, put) };
}
