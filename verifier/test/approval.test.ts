import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  approvalChallenge,
  judgeApprovals,
  merkleRoot,
  parseApproval,
  statementBytes,
  timeOf,
  toBase64url,
} from '../src/formats.ts';
import { verifyApproval, type Approval, type Roster, type Statement } from '../src/formats.ts';
import { approveTogether, assertWith, makePasskey, type Assertion } from './compose/passkey.ts';
import { refusal, tellStory, type Story } from './compose/story.ts';
import {
  addEntry,
  addForCustomer,
  day,
  entryCustom,
  grantCustom,
  makeAppKey,
  makePerson,
} from './compose/vendor.ts';
import { rosterOf, statementFor, type Person } from './compose/vendor.ts';

let story: Story;
let statement: Statement;
let roster: Roster;
let [ada, ben]: Person[] = [];

beforeAll(() => {
  story = tellStory();
  [ada, ben] = story.vendor.people;
  statement = statementFor(story.vendor, story.entry);
  roster = rosterOf(story.vendor);
});

/** One approval by Ada, of the story's entry unless told otherwise. */
function approvalBy(
  changes: Partial<Assertion> = {},
  of: readonly Statement[] = [statement],
  at = 0,
): Approval {
  const { id, passkey } = ada as Person;
  const { origins, rpId } = story.vendor;
  const by = { approver: id, passkey, rpId, origin: origins[0] as string, assertion: changes };
  return approveTogether(of, by)[at] as Approval;
}

/** A statement like the story's, of another build. */
function another(): Statement {
  return statementFor(story.vendor, addEntry(story.vendor, entryCustom(story.vendor, makeAppKey())));
}

describe('An approval', () => {
  test('by somebody on the roster counts for the statement that was approved', () => {
    expect(verifyApproval(statement, approvalBy(), roster)).toBe(ada?.id);
  });

  test('with an RSA passkey counts as well', () => {
    const person = makePerson('Rita RSA', 'RS256');
    const { rpId, origins } = story.vendor;
    const by = { approver: person.id, passkey: person.passkey, rpId, origin: origins[0] as string };
    const [approval] = approveTogether([statement], by);
    const withRita = rosterOf({ ...story.vendor, people: [person] });
    expect(verifyApproval(statement, approval as Approval, withRita)).toBe(person.id);
  });

  test.each([1, 2, 3, 5, 8, 13, 40, 64, 65])('of a list of %i counts for each of its statements', (size) => {
    const list = Array.from({ length: size }, (_, i) => (i === size >> 1 ? statement : another()));
    for (const at of new Set([0, size >> 1, size - 1])) {
      expect(verifyApproval(list[at] as Statement, approvalBy({}, list, at), roster)).toBe(ada?.id);
    }
  });

  test('survives backup flags, which say nothing about who approved', () => {
    expect(verifyApproval(statement, approvalBy({ flags: 0x05 | 0x18 }), roster)).toBe(ada?.id);
  });

  test('survives members of clientDataJSON that browsers add at random', () => {
    const more = { other_keys_can_be_added_here: 'do not compare clientDataJSON against a template' };
    expect(verifyApproval(statement, approvalBy({ more }), roster)).toBe(ada?.id);
  });

  test('without crossOrigin counts: older browsers leave it out', () => {
    expect(verifyApproval(statement, approvalBy({ more: { crossOrigin: undefined } }), roster)).toBe(ada?.id);
  });
});

describe('An approval is refused', () => {
  const refused: readonly (readonly [string, Parameters<typeof refusal>[0], () => Approval])[] = [
    [
      'by somebody who is not on the roster',
      'approval_unknown_approver',
      () => ({ ...approvalBy(), approver: makePerson('Eve').id }),
    ],
    [
      'with a credential that nobody has',
      'approval_unknown_approver',
      () => ({ ...approvalBy(), key: toBase64url(randomBytes(16)) }),
    ],
    [
      "in one person's name with another's credential",
      'approval_unknown_approver',
      () => ({ ...approvalBy(), approver: ben?.id ?? '' }),
    ],
    ['when it was made for another statement', 'approval_client_data', () => approvalBy({}, [another()])],
    [
      'when its statement was not in the list',
      'approval_client_data',
      () => approvalBy({}, [another(), another()]),
    ],
    [
      "at another's place in the list",
      'approval_client_data',
      () => approvalBy({}, [statement, another()], 1),
    ],
    ['with an index outside the tree', 'approval_inclusion', () => ({ ...approvalBy(), index: 1 })],
    [
      'with a path that is too long',
      'approval_inclusion',
      () => ({ ...approvalBy(), path: [toBase64url(randomBytes(32))] }),
    ],
    [
      'with a path that is too short',
      'approval_inclusion',
      () => ({ ...approvalBy({}, [statement, another()]), path: [] }),
    ],
    [
      'with a path of other than 32 bytes',
      'approval_inclusion',
      () => ({ ...approvalBy({}, [statement, another()]), path: [toBase64url(randomBytes(31))] }),
    ],
    ['when nobody was present', 'approval_authenticator_data', () => approvalBy({ flags: 0x04 })],
    ['when nobody was verified', 'approval_authenticator_data', () => approvalBy({ flags: 0x01 })],
    ['with attested credential data', 'approval_authenticator_data', () => approvalBy({ flags: 0x45 })],
    ['with extension data', 'approval_authenticator_data', () => approvalBy({ flags: 0x85 })],
    ['with reserved flag 0x02', 'approval_authenticator_data', () => approvalBy({ flags: 0x07 })],
    ['with reserved flag 0x20', 'approval_authenticator_data', () => approvalBy({ flags: 0x25 })],
    [
      'when something follows authenticatorData',
      'approval_authenticator_data',
      () => approvalBy({ trailing: randomBytes(1) }),
    ],
    [
      'when it was made for another RP ID',
      'approval_authenticator_data',
      () => approvalBy({ rpId: 'portal.acme.example' }),
    ],
    ['when it is a registration', 'approval_client_data', () => approvalBy({ type: 'webauthn.create' })],
    [
      'when it was made at another origin',
      'approval_client_data',
      () => approvalBy({ origin: 'https://portal.acme.example' }),
    ],
    [
      'when it was made in a frame',
      'approval_client_data',
      () => approvalBy({ more: { crossOrigin: true } }),
    ],
    [
      'when it names a top origin',
      'approval_client_data',
      () => approvalBy({ more: { topOrigin: 'https://evil.example' } }),
    ],
    [
      'with a member twice in clientDataJSON',
      'approval_client_data',
      () => withClientData((text) => text.replace('{', '{"type":"webauthn.get",')),
    ],
    [
      'with a byte order mark in clientDataJSON',
      'approval_client_data',
      () => withClientData((text) => `\ufeff${text}`),
    ],
    [
      'with more than 1024 bytes of clientDataJSON',
      'approval_client_data',
      () => withClientData((text) => text + ' '.repeat(1024)),
    ],
    [
      'with a challenge in another spelling',
      'approval_client_data',
      () => withClientData((text) => text.replace(/("challenge":"[^"]*)"/, '$1="')),
    ],
    [
      'with one byte of the signature changed',
      'approval_signature',
      () => ({ ...approvalBy(), signature: flip(approvalBy().signature) }),
    ],
    [
      "with another's signature",
      'approval_signature',
      () => ({ ...approvalBy(), signature: signedBy(makePasskey()) }),
    ],
    [
      'with a signature that is not base64url',
      'approval_malformed',
      () => ({ ...approvalBy(), signature: 'AB' }),
    ],
  ];
  test.each(refused)('%s', (_, code, make) => {
    refusal(code, () => verifyApproval(statement, make(), roster));
  });

  test('when it is a sign-in over the very challenge of the statement', () => {
    // A seized portal has people sign in, and hands their authenticators the challenge of an entry. RP ID and origin are the portal's.
    const challenge = approvalChallenge(merkleRoot([statementBytes(statement)]));
    const signIn = { challenge, rpId: 'portal.acme.example', origin: 'https://portal.acme.example' };
    refusal('approval_authenticator_data', () => verifyApproval(statement, approvalBy(signIn), roster));
    // Even with the right RP ID, a sign-in's challenge is another.
    refusal('approval_client_data', () =>
      verifyApproval(statement, approvalBy({ challenge: randomBytes(32) }), roster),
    );
  });

  test('of a grant that stood in a list with others', () => {
    const { customer, deployment, vendor } = story;
    const grants = [1, 2].map((days) => {
      const expires = timeOf(vendor.now + days * day);
      return statementFor(
        vendor,
        addForCustomer(vendor, grantCustom(vendor, customer, deployment, { expires })),
      );
    });
    expect(verifyApproval(grants[0] as Statement, approvalBy({}, grants.slice(0, 1)), roster)).toBe(ada?.id);
    refusal('approval_inclusion', () =>
      verifyApproval(grants[0] as Statement, approvalBy({}, grants), roster),
    );
  });

  test('when the roster lists the key for another algorithm', () => {
    const [first] = roster.approvers;
    const rsa = makePasskey('RS256').listed;
    const keys = [{ ...rsa, id: ada?.passkey.id ?? '' }];
    const other = { ...roster, approvers: [{ ...(first as Roster['approvers'][0]), keys }] };
    refusal('approval_signature', () => verifyApproval(statement, approvalBy(), other));
  });

  test.each(['path', 'role', 'registry', 'environment', 'kind', 'length'] as const)(
    'when the %s of its statement is another',
    (name) => {
      const moved = {
        ...statement,
        [name]: name === 'length' ? 4321 : `${String(statement[name])}x`,
      } as Statement;
      refusal('approval_client_data', () => verifyApproval(moved, approvalBy(), roster));
    },
  );

  function withClientData(change: (text: string) => string): Approval {
    const approval = approvalBy();
    const text = change(Buffer.from(approval.clientDataJSON, 'base64url').toString());
    return { ...approval, clientDataJSON: Buffer.from(text).toString('base64url') };
  }

  function signedBy(passkey: ReturnType<typeof makePasskey>): string {
    const challenge = approvalChallenge(merkleRoot([statementBytes(statement)]));
    const { origins, rpId } = story.vendor;
    const origin = origins[0] as string;
    const asserted = {
      type: 'webauthn.get',
      challenge,
      origin,
      rpId,
      flags: 5,
      more: {},
      trailing: new Uint8Array(),
    };
    return assertWith(passkey, asserted).signature;
  }
});

describe('People', () => {
  test('count once, however many credentials and approvals they have', () => {
    const judgement = judgeApprovals(statement, [approvalBy(), approvalBy(), approvalBy()], roster);
    expect(judgement.people).toEqual([ada?.id]);
  });

  test('who are compromised never count', () => {
    const changed = withStatus({ kind: 'compromised' });
    const judgement = judgeApprovals(statement, [approvalBy()], changed);
    expect(judgement).toMatchObject({ people: [], refused: [{ code: 'approval_unknown_approver' }] });
  });

  test('who have retired count for what was issued until then, beside somebody active', () => {
    const at = statement.custom.issued;
    const changed = withStatus({ kind: 'retired', at });
    const both = [approvalBy(), approvalOf(ben as Person)];
    expect(judgeApprovals(statement, both, changed).people).toHaveLength(2);
    expect(judgeApprovals(statement, [approvalBy()], changed)).toMatchObject({
      people: [],
      refused: [{ code: 'approval_retired' }],
    });
  });

  test('who retired before a statement was issued do not count for it', () => {
    const changed = withStatus({ kind: 'retired', at: timeOf(story.vendor.now - 1) });
    const both = [approvalBy(), approvalOf(ben as Person)];
    const judgement = judgeApprovals(statement, both, changed);
    expect(judgement).toMatchObject({ people: [ben?.id], refused: [{ code: 'approval_retired' }] });
  });

  function approvalOf({ id, passkey }: Person): Approval {
    const { origins, rpId } = story.vendor;
    return approveTogether([statement], {
      approver: id,
      passkey,
      rpId,
      origin: origins[0] as string,
    })[0] as Approval;
  }

  function withStatus(status: Person['status']): Roster {
    const people = story.vendor.people.map((person) => (person === ada ? { ...person, status } : person));
    return rosterOf({ ...story.vendor, people });
  }
});

describe("An approval's structure", () => {
  test.each([
    ['a missing member', (a: Approval) => ({ ...a, size: undefined })],
    ['a further member', (a: Approval) => ({ ...a, by: 'me' })],
    ['a size of 0', (a: Approval) => ({ ...a, size: 0 })],
    ['a size over 1024', (a: Approval) => ({ ...a, size: 1025 })],
    ['a negative index', (a: Approval) => ({ ...a, index: -1 })],
    ['a path of eleven', (a: Approval) => ({ ...a, path: Array(11).fill('A'.repeat(43)) })],
    ['bytes that are no text', (a: Approval) => ({ ...a, signature: 5 })],
    ['padding', (a: Approval) => ({ ...a, signature: `${a.signature}=` })],
  ])('refuses %s', (_, change) => {
    const value = JSON.parse(JSON.stringify(change(approvalBy())));
    refusal('approval_malformed', () => parseApproval(value));
  });
});

function flip(text: string): string {
  const bytes = Buffer.from(text, 'base64url');
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1;
  return bytes.toString('base64url');
}
