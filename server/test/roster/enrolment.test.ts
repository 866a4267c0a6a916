import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type {
  ApprovingAnswer,
  ApprovingResult,
  LinkAnswer,
  PeopleAnswer,
  RosterAnswer,
} from '../../src/api-types.ts';
import { thumbprint } from '@appwarrant/verifier/formats';
import { createSoftwarePasskey } from '../../demo/software-passkey.ts';
import { askPage, enrolApprover, newApprovalPasskey, newPasskeyFor, tokenOf } from '../approving.ts';
import { codeOf, makePartner, startTestPortal, type TestPerson, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let ada: TestPerson;

beforeAll(async () => {
  portal = await startTestPortal();
  ada = await portal.admin('Ada');
});
afterAll(() => portal.close());

async function link(person: TestPerson = ada): Promise<string> {
  const answer = await ada.client.post<LinkAnswer>(`/api/v1/people/${person.id}/approver-enrolment`);
  return tokenOf(answer.link);
}

async function pending(): Promise<number> {
  return (await ada.client.get<RosterAnswer>('/api/v1/roster')).pending.length;
}

describe('an approval passkey', () => {
  test('is made under a one-time link at the approving origin, and waits for the roster', async () => {
    const token = await link();
    const shown = JSON.parse((await askPage(portal, token)).text) as ApprovingAnswer;
    expect(shown).toMatchObject({
      kind: 'enrolment',
      rpId: 'approve.localhost',
      person: { id: ada.id, name: 'Ada' },
    });
    const passkey = newApprovalPasskey(portal);
    const before = await pending();
    const answer = await askPage(portal, token, newPasskeyFor(portal, token, passkey));
    const result = JSON.parse(answer.text) as ApprovingResult;
    expect(result).toEqual({
      kind: 'enrolled',
      person: { id: ada.id, name: 'Ada' },
      fingerprint: thumbprint(passkey.publicKey),
      active: false,
    });
    expect(await pending()).toBe(before + 1);
    const { people } = await ada.client.get<PeopleAnswer>('/api/v1/people');
    expect(people.find(({ id }) => id === ada.id)?.approver).toBe('waiting-for-roster');
    expect((await askPage(portal, token)).code).toBe('enrolment_over');
    expect(
      (await askPage(portal, token, newPasskeyFor(portal, token, newApprovalPasskey(portal)))).code,
    ).toBe('enrolment_over');
  });

  test('signs nobody in', async () => {
    const { approval } = await enrolApprover(portal, ada);
    const client = portal.browser();
    const { flow, options } = await client.post<{ flow: string; options: { challenge: string } }>(
      '/api/v1/session/options',
      {},
    );
    const response = approval.assert({ challenge: options.challenge, origin: portal.origin });
    expect(await codeOf(client.post('/api/v1/session', { flow, response }))).toBe('passkey_unknown');
  });

  test('made at another origin, for another site, or for another link is refused', async () => {
    const before = await pending();
    const token = await link();
    const foreign = newPasskeyFor(portal, token, newApprovalPasskey(portal), portal.origin);
    expect((await askPage(portal, token, foreign)).code).toBe('enrolment_refused');
    const portalPasskey = createSoftwarePasskey(new URL(portal.origin).hostname);
    expect((await askPage(portal, token, newPasskeyFor(portal, token, portalPasskey))).code).toBe(
      'enrolment_refused',
    );
    const other = newPasskeyFor(portal, await link(), newApprovalPasskey(portal));
    expect((await askPage(portal, token, other)).code).toBe('enrolment_refused');
    expect(await pending()).toBe(before);
    // The link still works for the one it is for.
    expect(
      (await askPage(portal, token, newPasskeyFor(portal, token, newApprovalPasskey(portal)))).status,
    ).toBe(200);
  });

  test('that is registered already is refused', async () => {
    const { approval } = await enrolApprover(portal, ada);
    const token = await link();
    expect((await askPage(portal, token, newPasskeyFor(portal, token, approval))).code).toBe(
      'passkey_exists',
    );
  });

  test('cannot be made after an hour', async () => {
    const token = await link();
    portal.advance(3600);
    expect(
      (await askPage(portal, token, newPasskeyFor(portal, token, newApprovalPasskey(portal)))).code,
    ).toBe('enrolment_over');
  });

  test('is for the vendor’s own people', async () => {
    const { person } = await makePartner(portal, ada, 'Orchid');
    expect(await codeOf(ada.client.post(`/api/v1/people/${person.id}/approver-enrolment`))).toBe(
      'person_cannot_approve',
    );
    expect(await codeOf(person.client.post(`/api/v1/people/${ada.id}/approver-enrolment`))).toBe(
      'not_allowed',
    );
    expect(await codeOf(ada.client.post(`/api/v1/people/u-${'a'.repeat(26)}/approver-enrolment`))).toBe(
      'not_found',
    );
  });
});

describe('the roster', () => {
  test('with nothing waiting there is nothing to sign', async () => {
    await ada.client.post('/api/v1/roster/apply');
    expect(await codeOf(ada.client.post('/api/v1/roster/apply'))).toBe('roster_request_missing');
    expect((await ada.client.send({ method: 'GET', path: '/api/v1/roster/request' })).code).toBe(
      'roster_request_missing',
    );
  });

  test('retires an approver once the offline keys have signed it, and not before', async () => {
    const bert = await portal.admin('Bert');
    await enrolApprover(portal, ada, bert);
    await ada.client.post('/api/v1/roster/apply');
    const asked = await ada.client.post<RosterAnswer>(`/api/v1/people/${bert.id}/approver-status`, {
      status: 'retired',
    });
    expect(asked.approvers.find(({ id }) => id === bert.id)?.status.kind).toBe('active');
    expect(asked.changes).toMatchObject([{ person: { id: bert.id }, status: 'retired' }]);
    const applied = await ada.client.post<RosterAnswer>('/api/v1/roster/apply');
    expect(applied.approvers.find(({ id }) => id === bert.id)?.status.kind).toBe('retired');
    expect(applied.changes).toEqual([]);
    expect(await codeOf(ada.client.post(`/api/v1/people/${bert.id}/approver-enrolment`))).toBe(
      'person_cannot_approve',
    );
    expect(
      await codeOf(ada.client.post(`/api/v1/people/${bert.id}/approver-status`, { status: 'retired' })),
    ).toBe('roster_request_missing');
  });

  test('takes whoever is called compromised for compromised, whatever is asked after that', async () => {
    const dora = await portal.admin('Dora');
    await enrolApprover(portal, ada, dora);
    await ada.client.post('/api/v1/roster/apply');
    const ask = (status: string) =>
      ada.client.post<RosterAnswer>(`/api/v1/people/${dora.id}/approver-status`, { status });
    await ask('retired');
    await ask('compromised');
    expect((await ask('retired')).changes).toMatchObject([{ status: 'compromised' }]);
    const applied = await ada.client.post<RosterAnswer>('/api/v1/roster/apply');
    expect(applied.approvers.find(({ id }) => id === dora.id)?.status.kind).toBe('compromised');
  });

  test('is changed by admins only, and with well-formed input only', async () => {
    const stranger = portal.browser();
    expect(await codeOf(stranger.get('/api/v1/roster'))).toBe('no_session');
    expect(await codeOf(stranger.post('/api/v1/roster/apply'))).toBe('no_session');
    expect(
      await codeOf(ada.client.post(`/api/v1/people/${ada.id}/approver-status`, { status: 'famous' })),
    ).toBe('input_invalid');
    expect(await codeOf(ada.client.post('/api/v1/roster/import', { signed: {} }))).toBe('input_invalid');
    expect(await codeOf(ada.client.post('/api/v1/roster/import', { signatures: [], signed: {} }))).toBe(
      'roster_import_refused',
    );
  });
});
