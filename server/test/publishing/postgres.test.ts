import { readBundle } from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type {
  BuildAnswer,
  Customer,
  PublicationPage,
  RosterAnswer,
  VerifierPackage,
} from '../../src/api-types.ts';
import { approve, enrolApprover, makeApprover, type TestApprover } from '../approving.ts';
import { startPostgres, whyNoPostgres, type TestCluster } from '../postgres.ts';
import {
  codeOf,
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

const why = whyNoPostgres();

describe.skipIf(why !== null)(
  `approving and publishing on PostgreSQL${why === null ? '' : ` (skipped: ${why})`}`,
  () => {
    let cluster: TestCluster;
    let portal: TestPortal;
    let ada: TestApprover;
    let partner: TestPartner;
    let customer: Customer;

    beforeAll(async () => {
      cluster = await startPostgres();
      portal = await startTestPortal({ environment: { DATABASE_URL: cluster.database() } });
      ada = await makeApprover(portal, 'Ada');
      partner = await makePartner(portal, ada.person, 'Orchid');
    });
    afterAll(async () => {
      await portal.close();
      await cluster.stop();
    });

    const get = <T>(path: string) => ada.person.client.get<T>(path);
    const bundle = async () =>
      (await ada.person.client.send({ method: 'GET', path: `/api/v1/customers/${customer.id}/bundle` }))
        .bytes;

    test('a licence is approved and published, and its bundle is handed out', async () => {
      const { client } = ada.person;
      const deployment = {
        id: 'pdc0Mxpr1uJDx95gDE4YcFVZ3vXRCyqRuMnaJLNxGyE',
        origins: ['http://shop.localhost:3000'],
      };
      customer = await client.post<Customer>('/api/v1/customers', {
        name: 'Shop',
        deployments: [deployment],
      });
      await client.post(`/api/v1/customers/${customer.id}/license`, {
        fresh: 86_400,
        grace: 0,
        validForDays: 30,
      });
      await approve(portal, ada, [{ kind: 'license', customerId: customer.id }]);
      expect((await get<Customer>(`/api/v1/customers/${customer.id}`)).license?.state).toBe('published');
      expect(readBundle(await bundle()).index.customer).toBe(customer.id);
    });

    test('builds are approved, published and revoked', async () => {
      const builds = [await submitBuild(portal, partner), await submitBuild(portal, partner)];
      await approve(
        portal,
        ada,
        builds.map(({ id }) => ({ kind: 'build' as const, id })),
      );
      const stateOf = async (id: string) => (await get<BuildAnswer>(`/api/v1/builds/${id}`)).build.state;
      expect(await Promise.all(builds.map(({ id }) => stateOf(id)))).toEqual(['published', 'published']);
      await ada.person.client.post('/api/v1/revocations', {
        subject: { kind: 'app', partner: partner.partner.id, app: partner.app.slug },
        reason: 'test',
      });
      expect(await Promise.all(builds.map(({ id }) => stateOf(id)))).toEqual(['revoked', 'revoked']);
      const { rows, total } = await get<PublicationPage>('/api/v1/publications?limit=2');
      expect(rows.map(({ cause }) => cause)).toEqual(['revocation', 'approval']);
      expect(total).toBeGreaterThan(4);
    });

    test('the roster changes, and what only a compromised approver approved leaves', async () => {
      const bert = await enrolApprover(portal, ada.person, await portal.admin('Bert'));
      await ada.person.client.post('/api/v1/roster/apply');
      const build = await submitBuild(portal, { ...partner, app: await anotherApp() });
      await approve(portal, bert, [{ kind: 'build', id: build.id }]);
      await ada.person.client.post(`/api/v1/people/${bert.person.id}/approver-status`, {
        status: 'compromised',
      });
      const roster = await ada.person.client.post<RosterAnswer>('/api/v1/roster/apply');
      expect(roster.approvers.find(({ id }) => id === bert.person.id)?.status.kind).toBe('compromised');
      const row = await portal.context.db
        .selectFrom('statements')
        .select(['state', 'listed_since'])
        .where('subject_id', '=', build.id)
        .executeTakeFirst();
      expect(row).toEqual({ state: 'proposed', listed_since: null });
    });

    test('a grant is proposed and approved; one’s own approval counts once', async () => {
      const path = `/api/v1/customers/${customer.id}/grants`;
      const { grants } = await ada.person.client.post<Customer>(path, {
        effect: { kind: 'monitor' },
        reason: 'try',
        hours: 1,
      });
      const subject = { kind: 'grant' as const, grantId: grants[0]?.id ?? '' };
      await approve(portal, ada, [subject]);
      expect(await codeOf(approve(portal, ada, [subject]))).toBe('statement_not_open');
      expect((await get<Customer>(`/api/v1/customers/${customer.id}`)).grants[0]?.state).toBe('published');
    });

    test('there is no package before one is made', async () => {
      expect(await get<VerifierPackage | null>('/api/v1/verifier-package')).toBeNull();
    });

    async function anotherApp() {
      return partner.person.client.post<TestPartner['app']>('/api/v1/apps', {
        slug: 'stock',
        name: 'Stock',
        platform: 'server',
        capabilities: ['orders:read'],
      });
    }
  },
);
