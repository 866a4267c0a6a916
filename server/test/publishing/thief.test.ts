// The thief's view: somebody who writes into the portal's database. Nothing that he writes there approves anything.

import {
  canonicalText,
  parseJsonText,
  statementDigest,
  type JsonObject,
  type Statement,
} from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Build, Customer } from '../../src/api-types.ts';
import { bundleOf } from '../../src/publishing/bundle.ts';
import { openBundle, parseJson } from '@appwarrant/verifier/formats';
import { readRoleBytes } from '../../src/publishing/metadata-folder.ts';
import { publishOrThrow } from '../../src/publishing/publish.ts';
import { approve, makeApprover, putUp, type TestApprover } from '../approving.ts';
import {
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let ada: TestApprover;
let partner: TestPartner;
let customer: Customer;
let build: Build;
let statement: Statement;

beforeAll(async () => {
  portal = await startTestPortal();
  ada = await makeApprover(portal, 'Ada');
  partner = await makePartner(portal, ada.person, 'Orchid');
  const { client } = ada.person;
  const deployment = {
    id: 'pdc0Mxpr1uJDx95gDE4YcFVZ3vXRCyqRuMnaJLNxGyE',
    origins: ['http://shop.localhost:3000'],
  };
  customer = await client.post<Customer>('/api/v1/customers', { name: 'Shop', deployments: [deployment] });
  await client.post(`/api/v1/customers/${customer.id}/license`, {
    fresh: 86_400,
    grace: 0,
    validForDays: 30,
  });
  await approve(portal, ada, [{ kind: 'license', customerId: customer.id }]);
});
beforeEach(async () => {
  build = await submitBuild(portal, partner);
  const up = await putUp(portal, ada.person, [{ kind: 'build', id: build.id }]);
  [statement] = up.statements as [Statement];
});
afterAll(() => portal.close());

async function paths(): Promise<string[]> {
  const now = portal.context.now();
  const { registry, environment, vendor } = portal.context.repository;
  const root = parseJson(readRoleBytes(portal.dataDir, 'root', 1), 1_000_000) as JsonObject;
  const minimum = { targets: 1, signedAt: '2020-01-01T00:00:00Z' };
  const anchor = { vendor, registry, environment, root, minimum };
  const { bytes } = await bundleOf(portal.context, customer.id, now);
  const opened = openBundle(bytes, {
    anchor,
    deployment: null,
    held: null,
    floor: null,
    now,
    systemClock: now,
  });
  return opened.judgeAll().entries.map(({ path }) => path);
}

async function expectNothingPublished(): Promise<void> {
  await publishOrThrow(portal.context, { cause: 'by hand', actor: null });
  expect(await paths()).not.toContain(statement.path);
  const row = await portal.context.db
    .selectFrom('statements')
    .select('state')
    .where('path', '=', statement.path)
    .executeTakeFirst();
  expect(row?.state).toBe('proposed');
}

describe('a statement that the database calls approved', () => {
  const call = async () => {
    await portal.context.db
      .updateTable('statements')
      .set({ state: 'approved' })
      .where('digest', '=', statementDigest(statement))
      .execute();
  };

  test('without approvals is left out, and the audit trail says why', async () => {
    await call();
    await expectNothingPublished();
    const act = await portal.context.db
      .selectFrom('audit')
      .select('detail')
      .where('action', '=', 'publication.publish')
      .orderBy('seq', 'desc')
      .executeTakeFirst();
    expect(act?.detail).toContain('approvals_missing');
  });

  test('with the approvals of another statement is left out', async () => {
    const other = await submitBuild(portal, partner);
    await approve(portal, ada, [{ kind: 'build', id: other.id }]);
    const { db } = portal.context;
    const genuine = await db
      .selectFrom('approvals')
      .innerJoin('statements', 'statements.digest', 'approvals.statement_digest')
      .selectAll('approvals')
      .where('statements.subject_id', '=', other.id)
      .executeTakeFirstOrThrow();
    await db
      .insertInto('approvals')
      .values({ ...genuine, statement_digest: statementDigest(statement) })
      .execute();
    await call();
    await expectNothingPublished();
  });

  test('and whose words were changed after people approved them is left out', async () => {
    await approve(portal, ada, [{ kind: 'build', id: build.id }]);
    expect(await paths()).toContain(statement.path);
    const { db } = portal.context;
    const widened = parseJsonText(canonicalText(statement)) as unknown as Statement & {
      custom: { capabilities: string[] };
    };
    widened.custom.capabilities.push('orders:write');
    await db
      .updateTable('statements')
      .set({ statement: canonicalText(widened), state: 'approved', listed_since: null })
      .where('digest', '=', statementDigest(statement))
      .execute();
    await expectNothingPublished();
  });
});

test('a licence that the database calls approved gives nobody a bundle', async () => {
  const { client } = ada.person;
  const deployment = {
    id: 'Gq1kJ3mCAKu3QsmQXvtg7YbNyUJfcN8nIzUHBvSkn-o',
    origins: ['http://thief.localhost:3000'],
  };
  const thief = await client.post<Customer>('/api/v1/customers', {
    name: 'Thief',
    deployments: [deployment],
  });
  await client.post(`/api/v1/customers/${thief.id}/license`, { fresh: 86_400, grace: 0, validForDays: 30 });
  const { db } = portal.context;
  await db.updateTable('statements').set({ state: 'approved' }).where('subject_id', '=', thief.id).execute();
  await publishOrThrow(portal.context, { cause: 'by hand', actor: null });
  await expect(bundleOf(portal.context, thief.id, portal.context.now())).rejects.toMatchObject({
    code: 'bundle_not_ready',
  });
  await db
    .updateTable('statements')
    .set({ state: 'published', listed_since: 1 })
    .where('subject_id', '=', thief.id)
    .execute();
  await expect(bundleOf(portal.context, thief.id, portal.context.now())).rejects.toMatchObject({
    code: 'publication_refused',
  });
});
