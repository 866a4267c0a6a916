import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Customer } from '../../src/api-types.ts';
import { approve, makeApprover, type TestApprover } from '../approving.ts';
import { codeOf, makePartner, startTestPortal, type TestPerson, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let ada: TestApprover;
let client: TestPerson['client'];

beforeAll(async () => {
  portal = await startTestPortal();
  ada = await makeApprover(portal, 'Ada');
  ({ client } = ada.person);
});
afterAll(() => portal.close());

const DAY = 86_400;
const terms = { fresh: 30 * DAY, grace: 30 * DAY, validForDays: 365 };
const ids = [
  'pdc0Mxpr1uJDx95gDE4YcFVZ3vXRCyqRuMnaJLNxGyE',
  'Gq1kJ3mCAKu3QsmQXvtg7YbNyUJfcN8nIzUHBvSkn-o',
  'x7BxnWSNOUSJYkKYDsoOyBbAiBLrNRRVnFuQJZEsSxk',
];
let count = 0;
const add = (deployments: readonly object[], name = `Customer ${(count += 1)}`) =>
  client.post<Customer>('/api/v1/customers', { name, deployments });
const deployment = (index: number, origins: readonly string[] = ['http://shop.localhost:3000']) => ({
  id: ids[index] ?? '',
  origins,
});

describe('a customer', () => {
  test('has a name of its own, and deployments of its own', async () => {
    const made = await add([deployment(0)], 'Shop');
    expect(made).toMatchObject({
      name: 'Shop',
      deployments: [deployment(0)],
      license: null,
      grants: [],
      development: false,
    });
    expect(await codeOf(add([], 'Shop'))).toBe('customer_exists');
    expect(await codeOf(add([deployment(0)]))).toBe('deployment_exists');
    expect(await codeOf(add([deployment(1), deployment(1)]))).toBe('input_invalid');
  });

  test('of a development portal has this machine’s origins only', async () => {
    expect(await codeOf(add([deployment(1, ['https://shop.example.com'])]))).toBe('origin_refused');
  });

  test('is not made of malformed input', async () => {
    expect(await codeOf(add([{ id: 'short', origins: ['http://shop.localhost'] }]))).toBe('input_invalid');
    for (const origin of [
      'shop.localhost',
      'http://shop.localhost/',
      'http://shop.localhost:80',
      'HTTP://shop.localhost',
      'ftp://shop.localhost',
    ]) {
      expect(await codeOf(add([deployment(1, [origin])]))).toBe('input_invalid');
    }
    expect(await codeOf(add([deployment(1, [])]))).toBe('input_invalid');
    expect(await codeOf(add([], ' name with space before'))).toBe('input_invalid');
    expect(await codeOf(client.post('/api/v1/customers', { name: 'X', deployments: [], extra: 1 }))).toBe(
      'input_invalid',
    );
  });

  test('is for admins', async () => {
    const { person } = await makePartner(portal, ada.person, 'Orchid');
    for (const path of [
      '/api/v1/customers',
      '/api/v1/publications',
      '/api/v1/revocations',
      '/api/v1/verifier-package',
    ]) {
      expect(await codeOf(person.client.get(path))).toBe('not_allowed');
      expect(await codeOf(portal.browser().get(path))).toBe('no_session');
    }
    expect(await codeOf(person.client.post('/api/v1/customers', { name: 'Mine', deployments: [] }))).toBe(
      'not_allowed',
    );
  });

  test('that does not exist is not found', async () => {
    const nobody = `/api/v1/customers/c-${'a'.repeat(26)}`;
    expect(await codeOf(client.get(nobody))).toBe('not_found');
    expect(await codeOf(client.post(`${nobody}/license`, terms))).toBe('not_found');
    expect(await codeOf(client.put(`${nobody}/deployments`, { deployments: [] }))).toBe('not_found');
    expect((await client.send({ method: 'GET', path: `${nobody}/bundle` })).code).toBe('not_found');
  });
});

describe('a licence', () => {
  test('is for deployments that are listed', async () => {
    const { id } = await add([]);
    expect(await codeOf(client.post(`/api/v1/customers/${id}/license`, terms))).toBe('deployment_missing');
  });

  test('stays under the roster’s ceilings', async () => {
    const { id } = await add([deployment(1)]);
    expect(await codeOf(client.post(`/api/v1/customers/${id}/license`, { ...terms, fresh: 400 * DAY }))).toBe(
      'ceiling_exceeded',
    );
    expect(await codeOf(client.post(`/api/v1/customers/${id}/license`, { ...terms, grace: 400 * DAY }))).toBe(
      'ceiling_exceeded',
    );
    expect(await codeOf(client.post(`/api/v1/customers/${id}/license`, { ...terms, fresh: 0 }))).toBe(
      'input_invalid',
    );
    expect(
      await codeOf(client.post(`/api/v1/customers/${id}/license`, { ...terms, validForDays: 1.5 })),
    ).toBe('body_malformed');
  });

  test('that is proposed twice in one second waits once, and nothing fails', async () => {
    const { id } = await add([{ ...deployment(0), id: randomBytes(32).toString('base64url') }]);
    const grant = { effect: { kind: 'monitor' }, reason: 'Introduction', hours: 2 };
    for (const [what, wish] of [
      ['license', terms],
      ['grants', grant],
    ] as const) {
      const attempts = [1, 2, 3].map(() => codeOf(client.post(`/api/v1/customers/${id}/${what}`, wish)));
      const codes = await Promise.all(attempts);
      expect(codes[0]).toBe('no problem');
      expect(codes).not.toContain('internal');
    }
    expect((await client.get<Customer>(`/api/v1/customers/${id}`)).license?.state).toBe('proposed');
  });

  test('that nobody approved for a week is issued anew when it is put up again', async () => {
    const { id } = await add([deployment(2)]);
    await client.post(`/api/v1/customers/${id}/license`, terms);
    portal.advance(8 * DAY);
    client = (await portal.admin('Later')).client;
    await approve(portal, { ...ada, person: { ...ada.person, client } }, [
      { kind: 'license', customerId: id },
    ]);
    const after = await client.get<Customer>(`/api/v1/customers/${id}`);
    expect(after.license?.state).toBe('published');
    expect(after.bundle.ready).toBe(true);
  });

  test('changes with the deployments only once a new one is approved', async () => {
    const [customer] = (await client.get<Customer[]>('/api/v1/customers')).filter(
      ({ bundle }) => bundle.ready,
    );
    const id = customer?.id ?? '';
    const before = await client.get<Customer>(`/api/v1/customers/${id}`);
    await client.put(`/api/v1/customers/${id}/deployments`, {
      deployments: [deployment(2, ['http://new.localhost:1'])],
    });
    const after = await client.get<Customer>(`/api/v1/customers/${id}`);
    expect(after.deployments).toEqual([deployment(2, ['http://new.localhost:1'])]);
    expect(after.license).toEqual(before.license);
  });
});

describe('a grant', () => {
  test('stays under the roster’s ceilings', async () => {
    const [customer] = (await client.get<Customer[]>('/api/v1/customers')).filter(
      ({ bundle }) => bundle.ready,
    );
    const path = `/api/v1/customers/${customer?.id ?? ''}/grants`;
    const grant = { effect: { kind: 'breakGlass' }, reason: 'theatre at night', hours: 72 };
    expect(await codeOf(client.post(path, { ...grant, hours: 73 }))).toBe('ceiling_exceeded');
    expect(await codeOf(client.post(path, { ...grant, effect: { kind: 'grace', grace: 400 * DAY } }))).toBe(
      'ceiling_exceeded',
    );
    expect(await codeOf(client.post(path, { ...grant, effect: { kind: 'everything' } }))).toBe(
      'input_invalid',
    );
    expect(await codeOf(client.post(path, { ...grant, reason: '' }))).toBe('input_invalid');
    const { grants } = await client.post<Customer>(path, grant);
    expect(grants[0]).toMatchObject({
      effect: { kind: 'breakGlass' },
      state: 'proposed',
      approvals: 0,
      approvalsNeeded: 1,
    });
  });
});
