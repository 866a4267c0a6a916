import { afterAll, beforeAll, expect, test } from 'vitest';

import { createSoftwarePasskey } from '../../demo/software-passkey.ts';
import type { FlowAnswer, PeopleAnswer } from '../../src/api-types.ts';
import { codeOf, startTestPortal, type TestPerson, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let admin: TestPerson;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
});
afterAll(() => portal.close());

async function signIn(
  person: Pick<TestPerson, 'passkey'>,
  origin = portal.origin,
  browser = portal.browser(),
) {
  const { flow, options } = await browser.post<FlowAnswer>('/api/v1/session/options');
  const response = person.passkey.assert({ challenge: String(options['challenge']), origin });
  await browser.post('/api/v1/session', { flow, response });
  return browser;
}

test('a person signs in with their passkey', async () => {
  const browser = await signIn(admin);
  expect(await browser.get('/api/v1/session')).toMatchObject({ person: { id: admin.id } });
});

test('the session cookie is out of reach of scripts and other sites', async () => {
  const browser = portal.browser();
  const { flow, options } = await browser.post<FlowAnswer>('/api/v1/session/options');
  const response = admin.passkey.assert({ challenge: String(options['challenge']), origin: portal.origin });
  const body = JSON.stringify({ flow, response });
  const answer = await browser.send({
    method: 'POST',
    path: '/api/v1/session',
    type: 'application/json',
    body,
  });
  expect(answer.headers['set-cookie']?.[0]).toMatch(/; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
});

test('the database holds no session token, only digests', async () => {
  const rows = await portal.context.db.selectFrom('sessions').selectAll().execute();
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row.token_digest).toMatch(/^[0-9a-f]{64}$/);
});

test('an unknown passkey is refused', async () => {
  expect(await codeOf(signIn({ passkey: createSoftwarePasskey('localhost') }))).toBe('passkey_unknown');
});

test('an assertion made at another origin is refused', async () => {
  expect(await codeOf(signIn(admin, 'http://evil.localhost'))).toBe('passkey_refused');
});

test('an assertion serves once', async () => {
  const browser = portal.browser();
  const { flow, options } = await browser.post<FlowAnswer>('/api/v1/session/options');
  const response = admin.passkey.assert({ challenge: String(options['challenge']), origin: portal.origin });
  await browser.post('/api/v1/session', { flow, response });
  expect(await codeOf(portal.browser().post('/api/v1/session', { flow, response }))).toBe('flow_over');
});

test('an assertion over another attempt’s challenge is refused', async () => {
  const browser = portal.browser();
  const first = await browser.post<FlowAnswer>('/api/v1/session/options');
  const second = await browser.post<FlowAnswer>('/api/v1/session/options');
  const response = admin.passkey.assert({
    challenge: String(first.options['challenge']),
    origin: portal.origin,
  });
  expect(await codeOf(browser.post('/api/v1/session', { flow: second.flow, response }))).toBe(
    'passkey_refused',
  );
});

test('signing out ends the session at the server, too', async () => {
  const browser = await signIn(admin);
  const answer = await browser.send({ method: 'GET', path: '/api/v1/session' });
  expect(answer.status).toBe(200);
  const rows = async () => (await portal.context.db.selectFrom('sessions').selectAll().execute()).length;
  const before = await rows();
  await browser.delete('/api/v1/session');
  expect(await rows()).toBe(before - 1);
  expect(await codeOf(browser.get('/api/v1/session'))).toBe('no_session');
});

test('a session ends after a week', async () => {
  const late = await startTestPortal();
  const person = await late.admin();
  late.advance(7 * 86_400 - 10);
  expect(await codeOf(person.client.get('/api/v1/session'))).toBe('no problem');
  late.advance(10);
  expect(await codeOf(person.client.get('/api/v1/session'))).toBe('no_session');
  await late.close();
});

test('who has left loses every session at once, and cannot sign in', async () => {
  const leaver = await portal.admin('Lee Leaver');
  await admin.client.post(`/api/v1/people/${leaver.id}/end-access`);
  expect(await codeOf(leaver.client.get('/api/v1/session'))).toBe('no_session');
  expect(await codeOf(signIn(leaver))).toBe('person_left');
  const { people } = await admin.client.get<PeopleAnswer>('/api/v1/people');
  expect(people.find(({ id }) => id === leaver.id)?.left).not.toBeNull();
});

test('the last admin cannot leave', async () => {
  const alone = await startTestPortal();
  const person = await alone.admin();
  expect(await codeOf(person.client.post(`/api/v1/people/${person.id}/end-access`))).toBe('last_admin');
  await alone.close();
});
