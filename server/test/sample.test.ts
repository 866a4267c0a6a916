import { afterAll, beforeAll, expect, test } from 'vitest';

import type { App, BuildAnswer, BuildPage, Partner, Vendor } from '../src/api-types.ts';
import { verifyAudit } from '../src/audit/verify.ts';
import { codeOf, startTestPortal, type TestPerson, type TestPortal } from './test-portal.ts';

let portal: TestPortal;
let admin: TestPerson;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
  await admin.client.post('/api/v1/sample');
});
afterAll(() => portal.close());

test('the sample is three partners, six apps and forty builds that wait', async () => {
  expect(await admin.client.get<Partner[]>('/api/v1/partners')).toHaveLength(3);
  expect(await admin.client.get<App[]>('/api/v1/apps')).toHaveLength(6);
  expect(await admin.client.get<BuildPage>('/api/v1/builds?state=waiting')).toMatchObject({ total: 40 });
});

test('every build is a real tarball that names its version, with a key of its own', async () => {
  const { rows } = await admin.client.get<BuildPage>('/api/v1/builds?limit=40');
  const keys = new Set<string>();
  let odd = 0;
  for (const { id } of rows) {
    const { build } = await admin.client.get<BuildAnswer>(`/api/v1/builds/${id}`);
    expect(build).toMatchObject({ kind: 'npm', artifact: true });
    odd += build.findings.length;
    keys.add(build.thumbprint);
  }
  expect(keys.size).toBe(40);
  expect(odd).toBe(2);
});

test('the sample comes once', async () => {
  expect(await codeOf(admin.client.post('/api/v1/sample'))).toBe('sample_exists');
  expect((await admin.client.get<Vendor>('/api/v1/vendor')).sample).toBe(true);
  expect(await admin.client.get<BuildPage>('/api/v1/builds')).toMatchObject({ total: 40 });
});

test('everything in it is in the audit trail', async () => {
  const rows = await portal.context.db.selectFrom('audit').select('action').execute();
  expect(rows.filter(({ action }) => action === 'build.submit')).toHaveLength(40);
  await verifyAudit(portal.context.db);
});
