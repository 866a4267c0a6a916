// The two sites of one process, and what every answer of them carries.

import { afterAll, beforeAll, expect, test } from 'vitest';

import type { ApprovingConfiguration } from '../../src/api-types.ts';
import { raw, startTestPortal, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let approving: string;
beforeAll(async () => {
  portal = await startTestPortal();
  approving = new URL(portal.context.config.approveOrigin).host;
});
afterAll(() => portal.close());

const get = (path: string, host?: string, origin: string | null = null) =>
  raw(portal, { method: 'GET', path, origin, ...(host === undefined ? {} : { host }) });

test('neither site can be framed, and both load nothing from elsewhere', async () => {
  for (const host of [undefined, approving]) {
    const { headers } = await get('/', host);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/\*|https:|unsafe-eval/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  }
});

test('the approving page may ask the one portal, the portal’s pages nobody else', async () => {
  const policy = async (host?: string) => String((await get('/', host)).headers['content-security-policy']);
  expect(await policy()).toContain("connect-src 'self';");
  expect(await policy(approving)).toContain(`connect-src 'self' ${portal.origin};`);
});

test('the approving host says which portal and registry it serves', async () => {
  const configuration = JSON.parse(
    (await get('/configuration.json', approving)).text,
  ) as ApprovingConfiguration;
  expect(configuration).toEqual({
    portalOrigin: portal.origin,
    registry: portal.context.repository.registry,
    environment: 'development',
    rpId: 'approve.localhost',
    vendor: 'Acme',
  });
});

test('the approving host has no API, and lends its passkeys to no other origin', async () => {
  for (const path of ['/.well-known/webauthn', '/.well-known/anything', '/assets/../api/v1/vendor']) {
    expect((await get(path, approving)).status).toBeGreaterThanOrEqual(400);
  }
  expect((await get('/api/v1/vendor', approving)).headers['content-type']).not.toContain('application/json');
  expect((await get('/healthz', approving)).headers['content-type']).not.toContain('application/json');
});

test('the approving page may read its answers, and no other page', async () => {
  const { approveOrigin } = portal.context.config;
  const asked = await get('/api/v1/approving/unknown', undefined, approveOrigin);
  expect(asked.headers['access-control-allow-origin']).toBe(approveOrigin);
  expect(asked.headers['access-control-allow-credentials']).toBeUndefined();
  const other = await get('/api/v1/approving/unknown', undefined, 'https://evil.example');
  expect(other.headers['access-control-allow-origin']).toBeUndefined();
  const session = await get('/api/v1/vendor', undefined, approveOrigin);
  expect(session.headers['access-control-allow-origin']).toBeUndefined();
});

test('a preflight is answered for the approving page’s routes, and for nothing else', async () => {
  const { approveOrigin } = portal.context.config;
  const ask = (path: string, origin: string) => raw(portal, { method: 'OPTIONS', path, origin });
  const yes = await ask('/api/v1/approving/unknown', approveOrigin);
  expect(yes.status).toBe(204);
  expect(yes.headers).toMatchObject({
    'access-control-allow-origin': approveOrigin,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': 'Content-Type',
  });
  expect((await ask('/api/v1/approving/unknown', 'https://evil.example')).code).toBe('other_origin');
  expect((await ask('/api/v1/partners', approveOrigin)).code).toBe('method_not_allowed');
});

test('a host name is compared whole, with its port', async () => {
  const { port } = portal.context.config;
  for (const host of [
    'localhost',
    `localhost:${port}.evil.example`,
    `127.0.0.1:${port}`,
    `evil.localhost:${port}`,
  ]) {
    expect((await get('/healthz', host)).code).toBe('unknown_host');
  }
  expect((await get('/healthz', `LOCALHOST:${port}`)).status).toBe(200);
});

test('an unknown address of the API is a problem, not a page', async () => {
  expect((await get('/api/v1/unheard-of')).code).toBe('not_found');
  expect((await get('/api')).code).toBe('not_found');
});

test('who asks too often without a session has to wait, others do not', async () => {
  const own = await startTestPortal();
  const admin = await own.admin();
  const ask = () => raw(own, { method: 'GET', path: '/api/v1/invitations/guess', origin: null });
  let answer = await ask();
  for (let count = 0; count < 700 && answer.status !== 429; count += 1) answer = await ask();
  expect(answer.code).toBe('too_many_requests');
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(await admin.client.get('/api/v1/session')).toMatchObject({ person: { id: admin.id } });
  await own.close();
});
