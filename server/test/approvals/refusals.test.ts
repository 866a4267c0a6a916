import { approvalChallenge, merkleRoot, statementBytes, toBase64url } from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Build, BuildAnswer, Customer } from '../../src/api-types.ts';
import {
  approve,
  askPage,
  assertionOver,
  enrolApprover,
  makeApprover,
  newApprovalPasskey,
  putUp,
  type TestApprover,
} from '../approving.ts';
import { setThresholds } from '../thresholds.ts';
import {
  codeOf,
  makePartner,
  raw,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let ada: TestApprover;
let partner: TestPartner;
let build: Build;

beforeAll(async () => {
  portal = await startTestPortal();
  ada = await makeApprover(portal, 'Ada');
  partner = await makePartner(portal, ada.person, 'Orchid');
});
beforeEach(async () => {
  build = await submitBuild(portal, partner);
});
afterAll(() => portal.close());

const subject = () => [{ kind: 'build' as const, id: build.id }];

/** Nothing moved: the build still waits, and nobody has approved it. */
async function expectUntouched(): Promise<void> {
  const { build: now } = await ada.person.client.get<BuildAnswer>(`/api/v1/builds/${build.id}`);
  expect([now.state, now.approvals]).toEqual(['waiting', 0]);
}

/** Sends an assertion for a fresh list of the build; gives code and reason of the answer. */
async function answerTo(change: (made: ReturnType<typeof assertionOver>) => object | Promise<object>) {
  const { token, statements } = await putUp(portal, ada.person, subject());
  const answer = await askPage(portal, token, await change(assertionOver(portal, ada.approval, statements)));
  await expectUntouched();
  const { code, reason } = JSON.parse(answer.text) as { code?: string; reason?: string };
  return { code, reason };
}

describe('an approval that does not count moves nothing', () => {
  test('a login assertion over the very challenge', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    const challenge = toBase64url(approvalChallenge(merkleRoot(statements.map(statementBytes))));
    const { id, response } = ada.person.passkey.assert({ challenge, origin: portal.origin });
    const { authenticatorData, clientDataJSON, signature } = response;
    for (const credentialId of [id, ada.approval.id]) {
      const answer = await askPage(portal, token, {
        credentialId,
        authenticatorData,
        clientDataJSON,
        signature,
      });
      expect(answer.code).toBe('approval_refused');
    }
    await expectUntouched();
  });

  test('made at another origin', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    const made = assertionOver(portal, ada.approval, statements, 'http://evil.localhost:8600');
    const answer = await askPage(portal, token, made);
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'approval_refused',
      reason: 'approval_client_data',
    });
    await expectUntouched();
  });

  test('over another statement', async () => {
    const other = await submitBuild(portal, partner);
    const { statements } = await putUp(portal, ada.person, [{ kind: 'build', id: other.id }]);
    expect(await answerTo(() => assertionOver(portal, ada.approval, statements))).toEqual({
      code: 'approval_refused',
      reason: 'approval_client_data',
    });
  });

  test('signed by another key under the credential’s name', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    const stranger = assertionOver(portal, newApprovalPasskey(portal), statements);
    const answer = await askPage(portal, token, { ...stranger, credentialId: ada.approval.id });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'approval_refused', reason: 'approval_signature' });
    await expectUntouched();
  });

  test('by a passkey that nobody enrolled', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    const answer = await askPage(
      portal,
      token,
      assertionOver(portal, newApprovalPasskey(portal), statements),
    );
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'approval_refused',
      reason: 'approval_unknown_approver',
    });
    await expectUntouched();
  });

  test('by somebody who waits for the roster, and the answer says so', async () => {
    const waiting = await enrolApprover(portal, await portal.admin('Waiting'));
    const { token, statements } = await putUp(portal, ada.person, subject());
    const answer = await askPage(portal, token, assertionOver(portal, waiting.approval, statements));
    expect(answer.code).toBe('approval_refused');
    expect(answer.text).toContain('the roster does not list it yet');
    await expectUntouched();
  });

  test('with a byte of it changed, or with parts that are not base64url', async () => {
    const flip = (text: string) => `${text.slice(0, -2)}${text.at(-2) === 'A' ? 'B' : 'A'}${text.slice(-1)}`;
    expect(
      (await answerTo((made) => ({ ...made, authenticatorData: flip(made.authenticatorData) }))).code,
    ).toBe('approval_refused');
    expect((await answerTo((made) => ({ ...made, signature: flip(made.signature) }))).code).toBe(
      'approval_refused',
    );
    expect((await answerTo((made) => ({ ...made, clientDataJSON: 'e30' }))).reason).toBe(
      'approval_client_data',
    );
    expect((await answerTo((made) => ({ ...made, signature: '*' }))).code).toBe('input_invalid');
    expect((await answerTo((made) => ({ ...made, extra: 1 }))).code).toBe('input_invalid');
    expect((await answerTo(() => ({}))).code).toBe('input_invalid');
  });

  test('of a statement that was rejected in the meantime', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    await ada.person.client.post(`/api/v1/builds/${build.id}/reject`, { reason: 'not now' });
    const answer = await askPage(portal, token, assertionOver(portal, ada.approval, statements));
    expect(answer.code).toBe('statement_not_open');
  });

  test('of a statement that the clock has overtaken, or that comes from the future', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    portal.advance(-120);
    const early = await askPage(portal, token, assertionOver(portal, ada.approval, statements));
    expect(early.code).toBe('statement_not_open');
    portal.advance(120);
    await expectUntouched();
  });
});

describe('a person counts once', () => {
  test('one’s own approval a second time is refused', async () => {
    await withThreshold(2, async () => {
      await approve(portal, ada, subject());
      expect(await codeOf(approve(portal, ada, subject()))).toBe('approval_repeated');
      const { build: now } = await ada.person.client.get<BuildAnswer>(`/api/v1/builds/${build.id}`);
      expect([now.state, now.approvals, now.approvalsNeeded]).toEqual(['waiting', 1, 2]);
    });
  });

  test('two people complete what two people have to approve', async () => {
    const bert = await makeApprover(portal, 'Bert');
    await withThreshold(2, async () => {
      expect(await approve(portal, ada, subject())).toMatchObject({ complete: 0 });
      expect(await approve(portal, bert, subject())).toMatchObject({ complete: 1 });
      const { build: now } = await ada.person.client.get<BuildAnswer>(`/api/v1/builds/${build.id}`);
      expect(now.state).toBe('published');
    });
  });
});

describe('a link', () => {
  test('works once', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    const made = assertionOver(portal, ada.approval, statements);
    expect((await askPage(portal, token, made)).status).toBe(200);
    expect((await askPage(portal, token, made)).code).toBe('list_over');
    expect((await askPage(portal, token)).code).toBe('list_over');
  });

  test('is over after a quarter of an hour', async () => {
    const { token, statements } = await putUp(portal, ada.person, subject());
    portal.advance(15 * 60);
    const answer = await askPage(portal, token, assertionOver(portal, ada.approval, statements));
    expect(answer.code).toBe('list_over');
    await expectUntouched();
  });

  test('that names nothing is unknown', async () => {
    expect((await askPage(portal, 'A'.repeat(43))).code).toBe('list_unknown');
    expect(
      (
        await askPage(portal, 'A'.repeat(43), {
          credentialId: 'a',
          authenticatorData: 'a',
          clientDataJSON: 'a',
          signature: 'a',
        })
      ).code,
    ).toBe('list_unknown');
  });

  test('is kept nowhere: the database has only its digest', async () => {
    const { token } = await putUp(portal, ada.person, subject());
    const lists = await portal.context.db.selectFrom('approval_lists').selectAll().execute();
    expect(JSON.stringify(lists)).not.toContain(token);
  });

  test('is answered for the approving page only, and without credentials', async () => {
    const { token } = await putUp(portal, ada.person, subject());
    const path = `/api/v1/approving/${token}`;
    for (const origin of [null, portal.origin, 'http://evil.test']) {
      expect((await raw(portal, { method: 'GET', path, origin })).code).toBe('other_origin');
    }
    const answer = await askPage(portal, token);
    expect(answer.headers['access-control-allow-origin']).toBe(portal.context.config.approveOrigin);
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('a list', () => {
  const make = (subjects: object[]) => codeOf(ada.person.client.post('/api/v1/approval-lists', { subjects }));

  test('has one kind of statement', async () => {
    const customer = await ada.person.client.post<Customer>('/api/v1/customers', {
      name: 'Mixed',
      deployments: [],
    });
    expect(await make([...subject(), { kind: 'license', customerId: customer.id }])).toBe('list_mixed');
  });

  test('has nothing twice', async () => {
    expect(await make([...subject(), ...subject()])).toBe('list_repeated');
  });

  test('is neither empty nor longer than a person can read', async () => {
    expect(await make([])).toBe('input_invalid');
    expect(await make(Array.from({ length: 201 }, () => subject()[0] ?? {}))).toBe('list_too_long');
  });

  test('names what is there, and waits', async () => {
    expect(await make([{ kind: 'build', id: `b-${'a'.repeat(26)}` }])).toBe('not_found');
    expect(await make([{ kind: 'license', customerId: `c-${'a'.repeat(26)}` }])).toBe('statement_not_open');
    expect(await make([{ kind: 'grant', grantId: 'nonsense' }])).toBe('input_invalid');
  });

  test('is made by admins only', async () => {
    const body = { subjects: subject() };
    expect(await codeOf(partner.person.client.post('/api/v1/approval-lists', body))).toBe('not_allowed');
    expect(await codeOf(portal.browser().post('/api/v1/approval-lists', body))).toBe('no_session');
  });
});

/** Runs with another threshold for entries, as a roster that the offline keys signed. */
async function withThreshold(entry: number, work: () => Promise<void>): Promise<void> {
  await setThresholds(portal, { entry });
  try {
    await work();
  } finally {
    await setThresholds(portal, { entry: 1 });
  }
}
