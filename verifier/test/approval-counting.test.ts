import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  approvalsOf,
  judgeApprovals,
  judgeSigners,
  mostApprovals,
  requireThreshold,
  signersOf,
  verifyApproval,
  type Approval,
} from '../src/formats.ts';
import { approveTogether } from './compose/passkey.ts';
import { refusal, tellStory } from './compose/story.ts';
import { makePerson, rosterOf, statementFor, type Person } from './compose/vendor.ts';

const { vendor, entry, license } = tellStory();
const statement = statementFor(vendor, entry);
const roster = rosterOf(vendor);
const [ada, ben] = vendor.people as [Person, Person];
const [byAda, byBen] = [ada, ben].map(approvalOf) as [Approval, Approval];

function approvalOf({ id, passkey }: Person): Approval {
  const by = { approver: id, passkey, rpId: vendor.rpId, origin: vendor.origins[0] as string };
  return approveTogether([statement], by)[0] as Approval;
}

/** Ada's approval with other bytes where the browser's should be, signed with her passkey. */
function signedOver(clientData: string): Approval {
  const data = Buffer.from(byAda.authenticatorData, 'base64url');
  const hash = createHash('sha256').update(clientData).digest();
  return {
    ...byAda,
    clientDataJSON: Buffer.from(clientData).toString('base64url'),
    signature: Buffer.from(ada.passkey.sign(Buffer.concat([data, hash]))).toString('base64url'),
  };
}
const clientData = Buffer.from(byAda.clientDataJSON, 'base64url').toString();

describe('What the browser says', () => {
  test('may be up to 1024 bytes of JSON', () => {
    const padded = (length: number): string => clientData + ' '.repeat(length - clientData.length);
    expect(verifyApproval(statement, signedOver(padded(1024)), roster)).toBe(ada.id);
    refusal('approval_client_data', () => verifyApproval(statement, signedOver(padded(1025)), roster));
  });

  test.each(['null', '5', '"webauthn.get"', '[]', '{}', `[${clientData}]`, 'true', `${clientData}x`, '{'])(
    'counts for nothing as %s',
    (text) => {
      refusal('approval_client_data', () => verifyApproval(statement, signedOver(text), roster));
    },
  );

  test.each<[string, (said: Record<string, unknown>) => unknown]>([
    ['no type', (said) => ({ ...said, type: undefined })],
    ['a type in other letters', (said) => ({ ...said, type: 'webauthn.Get' })],
    ['no challenge', (said) => ({ ...said, challenge: undefined })],
    ['no origin', (said) => ({ ...said, origin: undefined })],
    ['an origin that is a list', (said) => ({ ...said, origin: [said.origin] })],
    ['an origin that is null', (said) => ({ ...said, origin: null })],
    ['an origin with a slash', (said) => ({ ...said, origin: `${String(said.origin)}/` })],
    ['crossOrigin that is null', (said) => ({ ...said, crossOrigin: null })],
    ['crossOrigin that is a text', (said) => ({ ...said, crossOrigin: 'false' })],
    ['a topOrigin that is null', (said) => ({ ...said, topOrigin: null })],
  ])('counts for nothing with %s', (_, change) => {
    const text = JSON.stringify(change(JSON.parse(clientData) as Record<string, unknown>));
    refusal('approval_client_data', () => verifyApproval(statement, signedOver(text), roster));
  });
});

describe('Approvals', () => {
  test('are none where there is no such member, and a list of at most 32', () => {
    expect(approvalsOf({ kind: 'entry' })).toEqual([]);
    for (const nothing of [null, 5, 'x', []]) expect(approvalsOf(nothing)).toEqual([]);
    const many = (count: number) => ({ approvals: Array.from({ length: count }, () => byAda) });
    expect(approvalsOf(many(mostApprovals))).toHaveLength(32);
    for (const odd of [many(33), { approvals: null }, { approvals: {} }, { approvals: 'all' }])
      refusal('approval_malformed', () => approvalsOf(odd));
  });

  test('beyond the thirty-second are not looked at', () => {
    const others = Array.from({ length: 32 }, () => byBen);
    expect(judgeApprovals(statement, [...others.slice(1), byAda], roster).people).toEqual([ben.id, ada.id]);
    expect(judgeApprovals(statement, [...others, byAda], roster).people).toEqual([ben.id]);
  });

  test('by people who are not on the roster any more count for nobody', () => {
    const stranger = makePerson('Eve').id;
    expect(judgeSigners({ signed: [stranger], refused: [] }, roster)).toEqual({ people: [], refused: [] });
    expect(judgeSigners({ signed: [stranger, ada.id], refused: [] }, roster).people).toEqual([ada.id]);
  });

  test('are verified over the statement that is given, and over no other', () => {
    const { signed } = signersOf(statement, [byAda, byBen], roster);
    expect(signed).toEqual([ada.id, ben.id]);
    const { refused } = signersOf(statementFor(vendor, license), [byAda], roster);
    expect(refused.map(({ code }) => code)).toEqual(['approval_client_data']);
  });
});

describe('Too few people', () => {
  const wrong = { ...byBen, approver: ada.id };
  const forged = { ...byBen, signature: byAda.signature };
  const of = (...approvals: readonly unknown[]) => judgeApprovals(statement, approvals as Approval[], roster);

  test('are counted, and so is why the others do not count', () => {
    for (const [judgement, found, because] of [
      [of(), 0, ''],
      [of(byAda), 1, ''],
      [of(byAda, byAda), 1, ''],
      [of(byAda, wrong), 1, 'approval_unknown_approver'],
      [of(forged, wrong, forged), 0, 'approval_signature, approval_unknown_approver'],
      [of(byAda, 'x', null), 1, 'approval_malformed'],
    ] as const) {
      const refused = refusal('approvals_missing', () => requireThreshold(statement, judgement, roster));
      expect(refused.members).toEqual({ found, needed: 2, because });
      expect(refused.seen).toBe(
        `${found} of 2 people have approved it${because === '' ? '' : ` (others: ${because})`}.`,
      );
    }
  });

  test('are those below the threshold of the statement’s own kind', () => {
    expect(() => requireThreshold(statement, of(byAda, byBen), roster)).not.toThrow();
    const stricter = { ...roster, thresholds: { ...roster.thresholds, entry: 3 } };
    expect(
      refusal('approvals_missing', () => requireThreshold(statement, of(byAda, byBen), stricter)).members,
    ).toMatchObject({ found: 2, needed: 3 });
    expect(() => requireThreshold(statementFor(vendor, license), of(byAda), roster)).not.toThrow();
  });
});
