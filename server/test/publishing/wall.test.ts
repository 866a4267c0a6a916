import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Customer } from '../../src/api-types.ts';
import { approve, assertionOver, askPage, makeApprover, putUp, type TestApprover } from '../approving.ts';
import { codeOf, makePartner, startTestPortal, submitBuild, type TestPortal } from '../test-portal.ts';

const DAY = 86_400;
/** The development keys sign root and targets for five years. */
const OFFLINE = 5 * 365 * DAY;

let portal: TestPortal;
let ada: TestApprover;
let customer: Customer;
const terms = { fresh: 30 * DAY, grace: 30 * DAY, validForDays: 3650 };

beforeAll(async () => {
  portal = await startTestPortal();
  ada = await makeApprover(portal, 'Ada');
  const { client } = ada.person;
  const deployment = {
    id: 'pdc0Mxpr1uJDx95gDE4YcFVZ3vXRCyqRuMnaJLNxGyE',
    origins: ['http://shop.localhost:3000'],
  };
  customer = await client.post<Customer>('/api/v1/customers', { name: 'Shop', deployments: [deployment] });
  await client.post(`/api/v1/customers/${customer.id}/license`, terms);
  await approve(portal, ada, [{ kind: 'license', customerId: customer.id }]);
});
afterAll(() => portal.close());

/** Sessions end on the way to the wall. */
async function signInAgain(): Promise<void> {
  ada = { ...ada, person: await portal.admin('Ada again') };
}

test('while the offline keys last longer than what was sold, everything is published', async () => {
  portal.advance(OFFLINE - 61 * DAY);
  await signInAgain();
  const partner = await makePartner(portal, ada.person, 'Orchid');
  const build = await submitBuild(portal, partner);
  expect(await approve(portal, ada, [{ kind: 'build', id: build.id }])).toMatchObject({ complete: 1 });
});

test('once they end sooner, nothing new enters, and the answer says what to do', async () => {
  const partner = await makePartner(portal, ada.person, 'Later');
  const build = await submitBuild(portal, partner);
  const { token, statements } = await putUp(portal, ada.person, [{ kind: 'build', id: build.id }]);
  portal.advance(2 * DAY);
  await signInAgain();
  const answer = await askPage(portal, token, assertionOver(portal, ada.approval, statements));
  expect(answer.code).toBe('wall_too_near');
  expect(answer.text).toContain('ceremony');
  const again = ada.person.client;
  expect(
    await codeOf(again.post('/api/v1/approval-lists', { subjects: [{ kind: 'build', id: build.id }] })),
  ).toBe('wall_too_near');
  expect(await codeOf(again.post(`/api/v1/customers/${customer.id}/license`, terms))).toBe('wall_too_near');
  const grant = { effect: { kind: 'monitor' }, reason: 'try', hours: 1 };
  expect(await codeOf(again.post(`/api/v1/customers/${customer.id}/grants`, grant))).toBe('wall_too_near');
});

test('revocations and timestamps still go out', async () => {
  const { client } = ada.person;
  const [partner] = await client.get<{ id: string }[]>('/api/v1/partners');
  const revoked = await client.post<{ published: number | null }>('/api/v1/revocations', {
    subject: { kind: 'partner', partner: partner?.id },
    reason: 'at the wall',
  });
  expect(revoked.published).not.toBeNull();
  const { version } = await client.post<{ version: number }>('/api/v1/publications');
  expect(version).toBeGreaterThan(revoked.published ?? 0);
});
