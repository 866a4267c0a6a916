import { describe, expect, test } from 'vitest';
import {
  canonicalText,
  isObject,
  parseApproval,
  parseCeilings,
  parseEntry,
  parseGrant,
  parseLicense,
} from '../../src/formats.ts';
import {
  parseRevocation,
  parseRoster,
  Refused,
  type JsonObject,
  type JsonValue,
  type Revocation,
} from '../../src/formats.ts';
import { tellStory } from '../compose/story.ts';
import {
  day,
  entryCustom,
  grantCustom,
  licenseCustom,
  makeAppKey,
  makeId,
  makePerson,
  rosterOf,
} from '../compose/vendor.ts';

// Parsers give complete values: whatever they accept, they give back whole, and whatever they do not know, they refuse. What approvers
// sign is therefore what a verifier reads, member by member.

const story = tellStory();
const { vendor, customer, deployment, entry } = story;
const other = makeAppKey();
const someEntry = entryCustom(vendor, story.key, {
  identities: [
    { kind: 'key', key: story.key.jwk, use: 'request', holder: 'hardware' },
    { kind: 'key', key: other.jwk, use: 'attest', holder: 'server' },
  ],
  customers: [makeId('c'), makeId('c')].sort(),
});
const someLicense = licenseCustom(vendor, customer, deployment, { partners: [makeId('p')] });
const grace = { effect: { kind: 'grace', grace: 7 * day } } as const;
const people = [makePerson('Ada'), makePerson('Rita', 'RS256')];
people.forEach(
  (person, i) =>
    (person.status = i === 0 ? { kind: 'retired', at: '2030-01-01T00:00:00Z' } : { kind: 'compromised' }),
);
const revocation = (subject: Revocation['subject']): Revocation => ({
  subject,
  through: '2030-01-01T00:00:00Z',
});
const digest = 'a'.repeat(64);

const documents: readonly (readonly [string, JsonValue, (value: JsonValue) => JsonValue])[] = [
  ['An entry', someEntry, parseEntry],
  ['A licence', someLicense, parseLicense],
  ['A monitor grant', grantCustom(vendor, customer, deployment), parseGrant],
  ['A grace grant', grantCustom(vendor, customer, deployment, grace), parseGrant],
  ['An approval', entry.approvals[0] as JsonValue, parseApproval],
  ['A roster', rosterOf({ ...vendor, people }), (value) => parseRoster(value, 'production')],
  ['The ceilings', vendor.ceilings, parseCeilings],
  ['A revocation of a statement', revocation({ kind: 'statement', digest }), parseRevocation],
  ['A revocation of an app', revocation({ kind: 'app', partner: makeId('p'), app: 'a' }), parseRevocation],
  ['A revocation of a partner', revocation({ kind: 'partner', partner: makeId('p') }), parseRevocation],
  [
    'A revocation of an identity',
    revocation({ kind: 'identity', thumbprint: 'A'.repeat(43) }),
    parseRevocation,
  ],
];

describe.each(documents)('%s', (_, document, parse) => {
  test('is given back whole', () => {
    expect(canonicalText(parse(document))).toBe(canonicalText(document));
  });

  test('with any one value replaced, left out or added is refused, or given back as it is', () => {
    let refused = 0;
    for (const mutant of mutantsOf(document)) {
      let parsed: JsonValue;
      try {
        parsed = parse(mutant);
      } catch (error) {
        expect(error, JSON.stringify(mutant)).toBeInstanceOf(Refused);
        refused += 1;
        continue;
      }
      expect(canonicalText(parsed)).toBe(canonicalText(mutant));
    }
    expect(refused).toBeGreaterThan(20);
  });

  test('is an object and nothing else', () => {
    for (const value of [null, true, 0, 'x', [], [document]]) expect(() => parse(value)).toThrow(Refused);
  });
});

const strangers: readonly JsonValue[] = [
  null,
  true,
  0,
  -1,
  Number.MAX_SAFE_INTEGER,
  '',
  'x',
  '__proto__',
  'all',
  '1'.repeat(2000),
  '2030-01-01T00:00:00Z',
  [],
  {},
  ['x'],
  [[]],
  { kind: 'entry' },
  { toString: 1 },
];

/** The value with one thing changed: every value replaced by each stranger, every member left out, a member added everywhere. */
function* mutantsOf(value: JsonValue): Generator<JsonValue> {
  yield* strangers;
  if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    yield [...list, ...list];
    yield list.slice(1);
    yield list.toReversed();
    for (const [i, item] of list.entries()) for (const mutant of mutantsOf(item)) yield list.with(i, mutant);
  } else if (isObject(value)) {
    for (const name of ['', 'more', 'kind', 'constructor', 'toString', 'hasOwnProperty'])
      yield { ...value, [name]: 'more' };
    for (const [name, item] of Object.entries(value)) {
      yield without(value, name);
      yield { ...without(value, name), [name.toUpperCase()]: item };
      for (const mutant of mutantsOf(item)) yield { ...value, [name]: mutant };
    }
  }
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}
