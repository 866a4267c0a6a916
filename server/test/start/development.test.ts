import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import type { Customer, Overview, RosterAnswer } from '../../src/api-types.ts';
import { readConfig, withPort } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { offlineRoles } from '../../src/publishing/offline-roles.ts';
import { openPortal } from '../../src/start/open-portal.ts';
import { startTestPortal } from '../test-portal.ts';

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-development-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a first start licenses this machine, for an admin to approve', async () => {
  const portal = await startTestPortal();
  const admin = await portal.admin();
  const [customer, ...others] = await admin.client.get<Customer[]>('/api/v1/customers');
  expect(others).toEqual([]);
  expect(customer).toMatchObject({
    name: 'This machine',
    development: true,
    license: { state: 'proposed', approvals: 0, approvalsNeeded: 1 },
    bundle: { ready: false },
  });
  expect(existsSync(join(portal.dataDir, 'development-deployment', 'deployment-key.pem'))).toBe(true);
  const overview = await admin.client.get<Overview>('/api/v1/overview');
  expect(overview.waiting).toContainEqual(expect.objectContaining({ kind: 'license', id: customer?.id }));
  await portal.close();
});

test('a start on another port adds its own approving origin, and takes none away', async () => {
  const origins: (readonly string[])[] = [];
  for (const port of [8601, 8602, 8601]) {
    const base = readConfig(
      { PORT: '0', APPWARRANT_DATA: folder },
      { home: folder, sources: '/nowhere', readFile: () => '' },
    );
    const portal = await openPortal(withPort(base, port), {
      now: () => Math.floor(Date.now() / 1000),
      log: openLog('silent'),
    });
    origins.push((await offlineRoles(portal.context)).targets.roster.origins);
    await portal.close();
  }
  const both = ['http://approve.localhost:8601', 'http://approve.localhost:8602'];
  expect(origins).toEqual([[both[0]], both, both]);
});

test('the first approver’s roster is development keys’ own business, and says so', async () => {
  const portal = await startTestPortal();
  const admin = await portal.admin();
  const roster = await admin.client.get<RosterAnswer>('/api/v1/roster');
  expect(roster).toMatchObject({
    developmentKeys: true,
    approvers: [],
    thresholds: { entry: 1, licence: 1, grant: 1 },
  });
  await portal.close();
});
