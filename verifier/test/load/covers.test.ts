import { describe, expect, test } from 'vitest';
import {
  covers,
  mergeRevocations,
  Refused,
  statementDigest,
  timeOf,
  type Revocation,
  type RevocationSubject,
  type Statement,
} from '../../src/formats.ts';
import { requireNotRevoked } from '../../src/judge-statement.ts';
import { refusal, tellStory } from '../compose/story.ts';
import {
  addEntry,
  addForCustomer,
  entryCustom,
  grantCustom,
  makeAppKey,
  makeDigest,
  makeId,
  statementFor,
} from '../compose/vendor.ts';

// The portal asks `covers` before it publishes, the verifier looks revocations up by their subjects: both must give one answer.

const { vendor, customer, deployment, license, entry, key } = tellStory();
const second = makeAppKey();
const partner = makeId('p');
const twoKeys = addEntry(
  vendor,
  entryCustom(vendor, key, {
    partner: { id: partner, name: 'Other' },
    app: { id: 'notes', name: 'Notes' },
    identities: [key, second].map(({ jwk }) => ({ kind: 'key', key: jwk, use: 'request', holder: 'server' })),
  }),
);
const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
const [ofEntry, ofTwoKeys, ofLicense, ofGrant] = [entry, twoKeys, license, grant].map((target) =>
  statementFor(vendor, target),
) as [Statement, Statement, Statement, Statement];
const statements = [ofEntry, ofTwoKeys, ofLicense, ofGrant];

const subjects: readonly RevocationSubject[] = [
  ...statements.map((statement): RevocationSubject => ({
    kind: 'statement',
    digest: statementDigest(statement),
  })),
  { kind: 'statement', digest: makeDigest() },
  ...statements.map(({ hashes }): RevocationSubject => ({ kind: 'artifact', digest: hashes.sha256 })),
  { kind: 'artifact', digest: makeDigest() },
  { kind: 'app', partner: entry.role, app: 'orders' },
  { kind: 'app', partner: entry.role, app: 'notes' },
  { kind: 'app', partner, app: 'notes' },
  { kind: 'app', partner, app: 'orders' },
  { kind: 'partner', partner: entry.role },
  { kind: 'partner', partner },
  { kind: 'partner', partner: makeId('p') },
  ...[key, second, makeAppKey()].map(({ thumbprint }): RevocationSubject => ({
    kind: 'identity',
    thumbprint,
  })),
];

function isVoid(statement: Statement, revocation: Revocation): boolean {
  try {
    requireNotRevoked(statement, statementDigest(statement), mergeRevocations([revocation]));
    return false;
  } catch (error) {
    if (error instanceof Refused && error.code === 'revoked') return true;
    throw error;
  }
}

describe('Whether a revocation voids a statement', () => {
  test('is answered alike by who publishes and by who loads, to the second', () => {
    let voided = 0;
    for (const subject of subjects) {
      for (const seconds of [-1, 0, 1]) {
        const revocation = { subject, through: timeOf(vendor.now + seconds) };
        for (const statement of statements) {
          expect(covers(revocation, statement), JSON.stringify({ revocation, path: statement.path })).toBe(
            isVoid(statement, revocation),
          );
          if (isVoid(statement, revocation)) voided += 1;
        }
      }
    }
    // Each statement by its digest; each entry by its artifact, app, partner and keys; at `issued` and a second later.
    expect(voided).toBe(2 * (4 + 2 + 2 + 2 + 3));
  });

  test.each<[RevocationSubject['kind'], Statement, RevocationSubject]>([
    ['statement', ofLicense, { kind: 'statement', digest: statementDigest(ofLicense) }],
    ['artifact', ofEntry, { kind: 'artifact', digest: ofEntry.hashes.sha256 }],
    ['app', ofTwoKeys, { kind: 'app', partner, app: 'notes' }],
    ['partner', ofTwoKeys, { kind: 'partner', partner }],
    ['identity', ofTwoKeys, { kind: 'identity', thumbprint: second.thumbprint }],
  ])('is told by what it is about: its %s', (kind, statement, subject) => {
    const through = timeOf(vendor.now);
    const { seen } = refusal('revoked', () =>
      requireNotRevoked(statement, statementDigest(statement), mergeRevocations([{ subject, through }])),
    );
    expect(seen).toBe(`All that was issued until ${through} about this ${kind} is revoked.`);
  });

  test('is decided by the revocation that reaches furthest, in whatever order they come', () => {
    const subject: RevocationSubject = { kind: 'partner', partner };
    const [early, late] = [-1, 1].map((seconds) => ({ subject, through: timeOf(vendor.now + seconds) })) as [
      Revocation,
      Revocation,
    ];
    for (const lists of [[[early, late]], [[late, early]], [[early], [late]], [[late], [early]]]) {
      expect([...mergeRevocations(...lists).values()]).toEqual([late]);
    }
    expect(mergeRevocations().size).toBe(0);
  });

  test('is asked of each subject apart: no two have one name', () => {
    const through = timeOf(vendor.now);
    const all = subjects.map((subject) => ({ subject, through }));
    expect([...mergeRevocations(all).values()]).toEqual(all);
  });
});
