import { generateKeyPairSync } from 'node:crypto';

import {
  openBundle,
  readBundle,
  thumbprint,
  type Anchor,
  type EcJwk,
  type JsonObject,
} from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type {
  ApprovingResult,
  BuildAnswer,
  Customer,
  PublicationPage,
  RosterAnswer,
} from '../../src/api-types.ts';
import { approve, enrolApprover, makeApprover, type TestApprover } from '../approving.ts';
import {
  makePartner,
  startTestPortal,
  submitBuild,
  type TestPartner,
  type TestPortal,
} from '../test-portal.ts';

let portal: TestPortal;
let first: TestApprover;
let partner: TestPartner;

beforeAll(async () => {
  portal = await startTestPortal();
  first = await makeApprover(portal, 'Ada');
  partner = await makePartner(portal, first.person, 'Orchid');
});
afterAll(() => portal.close());

/** A deployment as a customer's `activate` makes it. */
function newDeployment(origin: string) {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const key: EcJwk = { crv: 'P-256', kty: 'EC', x, y };
  return { id: thumbprint(key), origins: [origin] };
}

async function anchor(): Promise<Anchor> {
  const customer = await licensed;
  const bundle = await bundleOf(customer.id);
  const root = JSON.parse(
    Buffer.from(readBundle(bundle).files.get('1.root.json')?.bytes() ?? []).toString(),
  ) as JsonObject;
  const { registry, environment, vendor } = portal.context.repository;
  return { vendor, registry, environment, root, minimum: { targets: 1, signedAt: '2020-01-01T00:00:00Z' } };
}

async function bundleOf(customerId: string): Promise<Buffer> {
  const answer = await first.person.client.send({
    method: 'GET',
    path: `/api/v1/customers/${customerId}/bundle`,
  });
  expect(answer.code).toBeUndefined();
  return answer.bytes;
}

/** A customer whose licence has been approved. */
const deployment = newDeployment('http://shop.localhost:3000');
let licensed: Promise<Customer>;
function license(): Promise<Customer> {
  licensed ??= (async () => {
    const { client } = first.person;
    const made = await client.post<Customer>('/api/v1/customers', {
      name: 'Shop',
      deployments: [deployment],
    });
    await client.post(`/api/v1/customers/${made.id}/license`, {
      fresh: 86_400,
      grace: 86_400,
      validForDays: 365,
    });
    await approve(portal, first, [{ kind: 'license', customerId: made.id }]);
    return client.get<Customer>(`/api/v1/customers/${made.id}`);
  })();
  return licensed;
}

async function open(customerId: string) {
  const now = portal.context.now();
  return openBundle(await bundleOf(customerId), {
    anchor: await anchor(),
    deployment: deployment.id,
    origin: 'http://shop.localhost:3000',
    held: null,
    floor: null,
    now,
    systemClock: now,
  });
}

describe('from a submission to a bundle that the verifier opens', () => {
  test('an enrolled passkey waits for the roster, and the development keys put it there', async () => {
    const { client } = first.person;
    const roster = await client.get<RosterAnswer>('/api/v1/roster');
    expect(roster.approvers.map(({ name, status }) => [name, status.kind])).toEqual([['Ada', 'active']]);
    expect(roster.pending).toEqual([]);
    expect(roster.developmentKeys).toBe(true);
    expect(roster.version).toBe(2);
  });

  test('a customer without an approved licence has no bundle, and the portal says why', async () => {
    const { client } = first.person;
    const made = await client.post<Customer>('/api/v1/customers', { name: 'Nobody', deployments: [] });
    expect(made.bundle).toEqual({ ready: false, why: 'No licence has been proposed yet.' });
    const answer = await client.send({ method: 'GET', path: `/api/v1/customers/${made.id}/bundle` });
    expect(answer.code).toBe('bundle_not_ready');
  });

  test('an approved licence is published at once, and its bundle opens for its deployment', async () => {
    const customer = await license();
    expect(customer.bundle.ready).toBe(true);
    expect(customer.license?.state).toBe('published');
    const opened = await open(customer.id);
    expect(opened.license.custom.deployments).toEqual([deployment]);
  });

  test('an approved build is found in the bundle by its key', async () => {
    const customer = await license();
    const build = await submitBuild(portal, partner);
    const result = await approve(portal, first, [{ kind: 'build', id: build.id }]);
    expect(result).toMatchObject({ kind: 'approved', complete: 1 } satisfies Partial<ApprovingResult>);
    const { build: after } = await first.person.client.get<BuildAnswer>(`/api/v1/builds/${build.id}`);
    expect(after.state).toBe('published');
    expect(after.history.map(({ event }) => event)).toEqual([
      'submitted',
      'proposed',
      'approval',
      'approved',
      'published',
    ]);
    const opened = await open(customer.id);
    const { entry } = opened.allowlist.findKey(build.thumbprint, portal.context.now());
    expect(entry.custom.build.id).toBe(build.id);
    expect(entry.people).toEqual([first.person.id]);
  });

  test('an approved build whose key vouches for copies is found as that, and signs no requests', async () => {
    const customer = await license();
    const build = await submitBuild(portal, partner, undefined, '3.0.0', { use: 'attest' });
    await approve(portal, first, [{ kind: 'build', id: build.id }]);
    const { allowlist } = await open(customer.id);
    const now = portal.context.now();
    const { entry, identity } = allowlist.findAttester(build.thumbprint, now);
    expect(entry.custom).toMatchObject({ build: { id: build.id }, assurance: 'embedded' });
    expect(identity).toMatchObject({ use: 'attest', holder: 'server' });
    expect(() => allowlist.findKey(build.thumbprint, now)).toThrow(
      expect.objectContaining({ code: 'app_not_approved' }),
    );
    expect(allowlist.longestAttestation).toBeGreaterThan(0);
  });

  test('forty builds are approved with one touch', async () => {
    const customer = await license();
    const builds = [];
    for (let i = 0; i < 40; i += 1) builds.push(await submitBuild(portal, partner, undefined, `2.0.${i}`));
    const result = await approve(
      portal,
      first,
      builds.map(({ id }) => ({ kind: 'build' as const, id })),
    );
    expect(result).toMatchObject({ statements: 40, complete: 40 });
    const opened = await open(customer.id);
    for (const { thumbprint: key } of builds) opened.allowlist.findKey(key, portal.context.now());
  });

  test('after a revocation the entry is gone from the next bundle, and the undo needs fresh approvals', async () => {
    const customer = await license();
    const build = await submitBuild(portal, partner);
    await approve(portal, first, [{ kind: 'build', id: build.id }]);
    const { client } = first.person;
    const revoked = await client.post<{ statements: number; published: number }>('/api/v1/revocations', {
      subject: { kind: 'artifact', digest: build.digest },
      reason: 'leaks keys',
    });
    expect(revoked.statements).toBe(1);
    expect(revoked.published).toBeGreaterThan(1);
    const find = async () =>
      (await open(customer.id)).allowlist.findKey(build.thumbprint, portal.context.now() + 5);
    await expect(find()).rejects.toMatchObject({ code: 'app_not_approved' });
    expect((await client.get<BuildAnswer>(`/api/v1/builds/${build.id}`)).build.state).toBe('revoked');

    await expect(approve(portal, first, [{ kind: 'build', id: build.id }])).rejects.toMatchObject({
      answer: { code: 'statement_not_open' },
    });
    portal.advance(2);
    await approve(portal, first, [{ kind: 'build', id: build.id, again: true }]);
    await expect(find()).resolves.toMatchObject({ entry: { custom: { build: { id: build.id } } } });
  });

  test('an approval is renewed by a new statement, which replaces the older one', async () => {
    const customer = await license();
    const build = await submitBuild(portal, partner);
    await approve(portal, first, [{ kind: 'build', id: build.id }]);
    const find = async () =>
      (await open(customer.id)).allowlist.findKey(build.thumbprint, portal.context.now());
    const before = await find();
    portal.advance(60);
    await approve(portal, first, [{ kind: 'build', id: build.id, again: true }]);
    const after = await find();
    expect(after.entries.map(({ path }) => path)).toEqual([before.entry.path]);
    expect(after.entry.custom.issued > before.entry.custom.issued).toBe(true);
    const revocations = await first.person.client.get<{ subject: unknown }[]>('/api/v1/revocations');
    expect(revocations.map(({ subject }) => subject)).toContainEqual({
      kind: 'statement',
      digest: before.entry.statement,
    });
  });

  test('a new licence replaces the older one, which is revoked in the same publication', async () => {
    const customer = await license();
    const before = await open(customer.id);
    portal.advance(1);
    const { client } = first.person;
    await client.post(`/api/v1/customers/${customer.id}/license`, {
      fresh: 3600,
      grace: 0,
      validForDays: 30,
    });
    expect((await open(customer.id)).license.custom.fresh).toBe(86_400);
    await approve(portal, first, [{ kind: 'license', customerId: customer.id }]);
    const after = await open(customer.id);
    expect(after.license.custom.fresh).toBe(3600);
    const revocations = await client.get<{ subject: unknown }[]>('/api/v1/revocations');
    expect(revocations.map(({ subject }) => subject)).toContainEqual({
      kind: 'statement',
      digest: before.license.statement,
    });
  });

  test('a monitor grant is approved alone and is in the bundle', async () => {
    const customer = await license();
    const { client } = first.person;
    const { grants } = await client.post<Customer>(`/api/v1/customers/${customer.id}/grants`, {
      effect: { kind: 'monitor' },
      reason: 'first weeks',
      hours: 24,
    });
    const grantId = grants[0]?.id ?? '';
    expect((await open(customer.id)).allowlist.monitor(portal.context.now())).toBeNull();
    await approve(portal, first, [{ kind: 'grant', grantId }]);
    const monitor = (await open(customer.id)).allowlist.monitor(portal.context.now());
    expect(monitor?.custom.reason).toBe('first weeks');
  });

  test('the publications say what each brought', async () => {
    const { client } = first.person;
    const page = await client.get<PublicationPage>('/api/v1/publications?limit=3');
    expect(page.rows).toHaveLength(3);
    expect(page.rows[0]?.version).toBeGreaterThan(page.rows[1]?.version ?? 0);
    expect(page.total).toBeGreaterThan(8);
  });

  test('an approver who is compromised takes back everything that only he approved', async () => {
    const customer = await license();
    const second = await enrolApprover(portal, await portal.admin('Bert'));
    const { client } = first.person;
    await client.post('/api/v1/roster/apply');
    const build = await submitBuild(portal, partner);
    await approve(portal, second, [{ kind: 'build', id: build.id }]);
    await client.post(`/api/v1/people/${second.person.id}/approver-status`, { status: 'compromised' });
    await client.post('/api/v1/roster/apply');
    expect((await client.get<BuildAnswer>(`/api/v1/builds/${build.id}`)).build.state).toBe('waiting');
    const opened = await open(customer.id);
    expect(() => opened.allowlist.findKey(build.thumbprint, portal.context.now())).toThrow(
      expect.objectContaining({ code: 'app_not_approved' }),
    );
    portal.advance(1);
    await approve(portal, first, [{ kind: 'build', id: build.id }]);
    (await open(customer.id)).allowlist.findKey(build.thumbprint, portal.context.now());
  });
});
