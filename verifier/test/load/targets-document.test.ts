import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileText, Refused, type JsonObject, type JsonValue } from '../../src/formats.ts';
import { readPartnerEntries, type PartnerEntries } from '../../src/partner-entries.ts';
import { openDocument } from '../../src/tuf/document.ts';
import { parseTargets } from '../../src/tuf/roles.ts';
import { openTargetsDocument } from '../../src/tuf/targets-document.ts';
import { refusal, tellStory } from '../compose/story.ts';
import { addEntry, approve, entryCustom, makeAppKey, makeId } from '../compose/vendor.ts';

// Entries that are recognised must mean what they would mean if they were parsed, to the byte.

const most = 64 * 1024 * 1024;
const story = tellStory();
const { role } = story.entry;

/** A target as a file lists it. */
function listed(changes: Parameters<typeof entryCustom>[2] = {}): [string, JsonObject] {
  const entry = addEntry(story.vendor, entryCustom(story.vendor, makeAppKey(), changes));
  approve(story.vendor, [entry]);
  const { path, length, digest, custom, approvals } = entry;
  return [path, { custom: { ...custom, approvals }, hashes: { sha256: digest }, length }];
}

const [path, target] = listed();
const custom = target.custom as JsonObject;
const { approvals: _, ...withoutApprovals } = custom;

function fileOf(targets: JsonObject): string {
  const signed = {
    _type: 'targets',
    expires: '2031-01-01T00:00:00Z',
    spec_version: '1.0.34',
    version: 1,
    targets,
  };
  return fileText({ signatures: [], signed });
}

const changed = (name: string, value: JsonValue): JsonObject => ({
  [path]: { ...target, custom: { ...custom, [name]: value } },
});

/** What a reader finds out about the entries of a file. */
function plain({ entries, refused }: PartnerEntries): unknown {
  const told = entries.map((entry) => ({
    role: entry.role,
    path: entry.path,
    length: entry.length,
    digest: entry.digest,
    thumbprints: entry.thumbprints,
    custom: entry.custom,
    approvals: entry.approvals,
  }));
  return {
    entries: told.sort((a, b) => (a.path < b.path ? -1 : 1)),
    refused: refused.map(({ path: at, reason }) => [at, reason.code, reason.message]),
  };
}

/** Reads a file in both ways, expects the same of them, and tells how many entries were recognised. */
function recognised(text: string): number {
  const file = Buffer.from(text);
  const whole = openDocument(file, most);
  const found = openTargetsDocument(file, most);
  expect(Buffer.from(found.signedBytes).toString()).toBe(Buffer.from(whole.signedBytes).toString());
  expect(found.signatures).toEqual(whole.signatures);
  const read = readPartnerEntries(role, parseTargets(found.signed), found.scanned);
  expect(plain(read)).toEqual(plain(readPartnerEntries(role, parseTargets(whole.signed), [])));
  return found.scanned.length;
}

/** With which code something is refused; null when it is not. */
function codeOf(read: () => unknown): string | null {
  try {
    read();
    return null;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

describe('Entries of a file in canonical form', () => {
  test.each<[string, Parameters<typeof entryCustom>[2]]>([
    ['of the usual kind', {}],
    ['with names in other languages', { app: { id: 'a', name: 'Blätterwald 森' } }],
    ['for some customers', { customers: [makeId('c'), makeId('c')].sort() }],
    ['without capabilities', { capabilities: [] }],
    [
      'with several keys',
      {
        identities: [
          { kind: 'key', key: makeAppKey().jwk, use: 'request', holder: 'hardware' },
          { kind: 'key', key: makeAppKey().jwk, use: 'attest', holder: 'server' },
        ],
      },
    ],
  ])('%s are recognised', (_, changes) => {
    expect(recognised(fileOf(Object.fromEntries([listed(changes), listed()])))).toBe(2);
  });

  const approval = (custom.approvals as readonly JsonObject[])[0] as JsonObject;
  const identity = (custom.identities as readonly JsonObject[])[0] as JsonObject;
  test.each<[string, JsonObject]>([
    ['without approvals', { [path]: { ...target, custom: withoutApprovals } }],
    ['with 33 approvals', changed('approvals', Array<JsonObject>(33).fill(approval))],
    ['with an approval that has a further member', changed('approvals', [{ ...approval, more: 1 }])],
    ['with an approval in other characters', changed('approvals', [{ ...approval, key: 'ä' }])],
    ['whose approvals are a text', changed('approvals', '[]')],
    ['with a quotation mark in a name', changed('app', { id: 'a', name: 'The "app"' })],
    ['with white space around a name', changed('app', { id: 'a', name: ' a' })],
    ['with a name that is not NFC', changed('app', { id: 'a', name: 'Cafe\u0301' })],
    ['with a date that is none', changed('expires', '2031-02-30T00:00:00Z')],
    ['that begin before they were issued', changed('validFrom', '2029-01-01T00:00:00Z')],
    ['with dates out of order', changed('expires', custom.issued as string)],
    ['with unsorted capabilities', changed('capabilities', ['b', 'a'])],
    ['with a capability twice', changed('capabilities', ['a', 'a'])],
    ['with a key twice', changed('identities', [identity, identity])],
    [
      'with a private key',
      changed('identities', [{ ...identity, key: { ...(identity.key as JsonObject), d: 'A' } }]),
    ],
    ['held more weakly than they say', changed('identities', [{ ...identity, holder: 'embedded' }])],
    [
      'whose key vouches, and is embedded',
      changed('identities', [{ ...identity, use: 'attest', holder: 'embedded' }]),
    ],
    ['of no customers', changed('customers', [])],
    [
      'with a further digest',
      { [path]: { ...target, hashes: { ...(target.hashes as JsonObject), sha512: '' } } },
    ],
    ['with a further member', { [path]: { ...target, more: 1 } }],
    ['with a negative length', { [path]: { ...target, length: -1 } }],
  ])('%s are parsed', (_, targets) => {
    expect(recognised(fileOf(targets))).toBe(0);
  });

  test('that stands twice is refused with the same words, whichever of the two is recognised', () => {
    const text = fileOf({ [path]: target });
    const start = text.indexOf(JSON.stringify(path));
    const member = text.slice(start, text.indexOf('},"version"'));
    for (const twice of [`${member},${member}`, `${JSON.stringify(path)}:1,${member}`]) {
      const bytes = Buffer.from(text.replace(member, () => twice));
      const parsed = refusal('json_malformed', () => openDocument(bytes, most));
      expect(refusal('json_malformed', () => openTargetsDocument(bytes, most)).message).toBe(parsed.message);
    }
  });

  test('beside others that are parsed are recognised', () => {
    const odd = { ...target, custom: { ...custom, capabilities: ['b', 'a'] } };
    expect(recognised(fileOf({ [path]: target, [`${path.slice(0, -1)}g`]: odd }))).toBe(1);
  });
});

describe('What looks like an entry', () => {
  const member = fileText({ [path]: target }).slice(1, -1);
  const good = fileOf({ [path]: target });
  test.each([
    ['in a text with white space', good.replace('"targets":', '"targets": ')],
    ['in a text with white space elsewhere', good.replace('"version":', ' "version":')],
    ['out of order', fileOf({}).replace('{}', `{"q":1,${member}}`)],
    ['at another place', fileOf({}).replace('"version"', `"targetsx":{"targets":{${member}}},"version"`)],
    ['at two places', good.replace('"version"', `"targetsx":{"targets":{${member}}},"version"`)],
    ['beside a foreign member', `{"a":1,${good.slice(1)}`],
    [
      'in a signature',
      good.replace('"signatures":[]', `"signatures":[{"keyid":"a","sig":"","targets":{${member}}}]`),
    ],
  ])('%s is parsed', (_, text) => {
    expect(recognised(text)).toBe(0);
  });

  test('twice is refused: what was recognised hides nothing', () => {
    const odd = fileText({ [path]: 1 }).slice(1, -1);
    for (const twice of [`${member},${member}`, `${member},${odd}`, `${odd},${member}`]) {
      const file = Buffer.from(good.replace(member, twice));
      refusal('json_malformed', () => openTargetsDocument(file, most));
    }
  });

  test('is read as it stands, whatever characters were changed, dropped or added', () => {
    const change = fc.record({
      at: fc.nat({ max: good.length - 1 }),
      how: fc.constantFrom('bit', 'cut', 'add'),
      bit: fc.nat({ max: 6 }),
    });
    fc.assert(
      fc.property(change, ({ at, how, bit }) => {
        const old = good.charAt(at);
        const other = String.fromCharCode(old.charCodeAt(0) ^ (1 << bit));
        const middle = how === 'cut' ? '' : how === 'add' ? old + other : other;
        const text = good.slice(0, at) + middle + good.slice(at + 1);
        const file = Buffer.from(text);
        const code = codeOf(() => parseTargets(openDocument(file, most).signed));
        expect(codeOf(() => parseTargets(openTargetsDocument(file, most).signed))).toBe(code);
        if (code === null) recognised(text);
      }),
      { numRuns: 2000 },
    );
  });
});
