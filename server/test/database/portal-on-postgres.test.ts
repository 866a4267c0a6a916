// The portal's main ways on a real PostgreSQL: the queries are the same, so what could differ is what is tried here.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type {
  AuditPage,
  BuildAnswer,
  BuildPage,
  Customer,
  Overview,
  PeopleAnswer,
  PublicationPage,
} from '../../src/api-types.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { startPostgres, whyNoPostgres, type TestCluster } from '../postgres.ts';
import {
  codeOf,
  makeKey,
  makePartner,
  startTestPortal,
  submitBuild,
  uploadBytes,
  type TestPerson,
  type TestPortal,
} from '../test-portal.ts';

const why = whyNoPostgres();

describe.skipIf(why !== null)(`the portal on PostgreSQL${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let cluster: TestCluster;
  let portal: TestPortal;
  let admin: TestPerson;
  beforeAll(async () => {
    cluster = await startPostgres();
    portal = await startTestPortal({ environment: { DATABASE_URL: cluster.database() } });
    admin = await portal.admin();
  });
  afterAll(async () => {
    await portal.close();
    await cluster.stop();
  });

  test('it is healthy, and has published', async () => {
    expect(await admin.client.get('/healthz')).toEqual({ status: 'ok' });
    const { rows } = await admin.client.get<PublicationPage>('/api/v1/publications');
    expect(rows[0]).toMatchObject({ state: 'published' });
  });

  test('this machine’s licence waits', async () => {
    const [customer] = await admin.client.get<Customer[]>('/api/v1/customers');
    expect(customer).toMatchObject({ development: true, license: { state: 'proposed' } });
  });

  test('builds are submitted, found, sorted, counted and rejected', async () => {
    await admin.client.post('/api/v1/sample');
    const harbour = await makePartner(portal, admin, 'Größe 100%');
    const build = await submitBuild(portal, harbour, Buffer.from('x'), '1.0.0-β');
    const found = async (query: string) =>
      (await admin.client.get<BuildPage>(`/api/v1/builds?${query}`)).rows;
    expect((await found(`q=${encodeURIComponent('0%')}`)).map(({ id }) => id)).toEqual([build.id]);
    expect((await found('sort=-version&limit=3')).map(({ version }) => version)).toEqual([
      '5.3.0',
      '5.2.1',
      '5.2.0',
    ]);
    expect(await found('state=waiting&limit=1000')).toHaveLength(41);
    await admin.client.post(`/api/v1/builds/${build.id}/reject`, { reason: 'No.\nReally.' });
    const { build: rejected } = await admin.client.get<BuildAnswer>(`/api/v1/builds/${build.id}`);
    expect(rejected).toMatchObject({ state: 'rejected', reason: 'No.\nReally.', length: 1 });
    const overview = await admin.client.get<Overview>('/api/v1/overview');
    expect(overview.counts).toMatchObject({ partners: 4, apps: 7, builds: { waiting: 40, rejected: 1 } });
    expect(overview.waitingTotal).toBe(41);
  });

  test('two apps that submit one key at once do not both get it', async () => {
    const one = await makePartner(portal, admin, 'One');
    const two = await makePartner(portal, admin, 'Two');
    const key = makeKey(portal, one.app);
    const { registry } = portal.context.repository;
    const attempts = [one, two].map(async ({ person, app, partner }) => {
      const { id: upload } = await uploadBytes(person, Buffer.from(`of ${app.id}`));
      const keyProof = key.prove({ registry, partner: partner.id, app: app.slug });
      const wishes = { version: '1', holder: 'server', capabilities: [], customers: 'all' };
      return codeOf(
        person.client.post(`/api/v1/apps/${app.id}/builds`, { upload, key: key.key, keyProof, ...wishes }),
      );
    });
    expect((await Promise.all(attempts)).sort()).toEqual(['key_in_use', 'no problem']);
  });

  test('people and the audit trail are read', async () => {
    expect((await admin.client.get<PeopleAnswer>('/api/v1/people')).people.length).toBeGreaterThan(5);
    const page = await admin.client.get<AuditPage>('/api/v1/audit?limit=5');
    expect(page.rows).toHaveLength(5);
    expect((await verifyAudit(portal.context.db)).head).toBe(page.head);
  });
});
