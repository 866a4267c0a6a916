import { afterAll, beforeAll, expect, test } from 'vitest';

import type { FlowAnswer, Invitation, LinkAnswer, PeopleAnswer } from '../../src/api-types.ts';
import { invite } from '../../src/people/invite.ts';
import { createSoftwarePasskey } from '../../demo/software-passkey.ts';
import { codeOf, startTestPortal, type TestPerson, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let admin: TestPerson;
beforeAll(async () => {
  portal = await startTestPortal();
  admin = await portal.admin();
});
afterAll(() => portal.close());

const newLink = async (name = 'Bo') =>
  admin.client.post<LinkAnswer>('/api/v1/invitations', { kind: 'admin', name });
const tokenOf = (link: string) => new URL(link).hash.slice(1);

test('a link says what it is for, without a session', async () => {
  const { link } = await newLink('Bo');
  const invitation = await portal.browser().get<Invitation>(`/api/v1/invitations/${tokenOf(link)}`);
  expect(invitation).toMatchObject({ kind: 'admin', name: 'Bo', partner: null, first: false });
});

test('an invited person enrols a passkey and is signed in', async () => {
  const { link } = await newLink('Bo');
  const person = await portal.enrol(link, 'Bo');
  expect(await person.client.get('/api/v1/session')).toMatchObject({ person: { name: 'Bo', role: 'admin' } });
});

test('a link serves once', async () => {
  const { link } = await newLink();
  await portal.enrol(link, 'Bo');
  expect(await codeOf(portal.enrol(link, 'Eve'))).toBe('invitation_used');
});

test('a link that two people answer at once gives one account', async () => {
  const { link } = await newLink();
  const before = (await admin.client.get<PeopleAnswer>('/api/v1/people')).people.length;
  const codes = await Promise.all([codeOf(portal.enrol(link, 'Bo')), codeOf(portal.enrol(link, 'Eve'))]);
  expect(codes.sort()).toEqual(['invitation_used', 'no problem']);
  expect((await admin.client.get<PeopleAnswer>('/api/v1/people')).people).toHaveLength(before + 1);
});

test('an unknown link is refused', async () => {
  expect(await codeOf(portal.browser().get('/api/v1/invitations/nonsense'))).toBe('invitation_unknown');
});

test('a link ends after three days', async () => {
  const late = await startTestPortal();
  const { link } = await invite(
    late.context,
    { kind: 'admin', name: 'Bo' },
    { actor: null, now: late.context.now() },
  );
  late.advance(3 * 86_400);
  expect(await codeOf(late.browser().get(`/api/v1/invitations/${tokenOf(link)}`))).toBe('invitation_over');
  expect(await codeOf(late.enrol(link, 'Bo'))).toBe('invitation_over');
  await late.close();
});

test('the link of a later start ends that of an earlier one', async () => {
  const again = await startTestPortal();
  const act = { actor: null, now: again.context.now() };
  const first = await invite(again.context, { kind: 'admin', name: 'Bo' }, act);
  await invite(again.context, { kind: 'admin', name: 'Bo' }, act);
  expect(await codeOf(again.enrol(first.link, 'Bo'))).toBe('invitation_unknown');
  await again.close();
});

test('the database holds no token, only digests', async () => {
  const { link } = await newLink();
  const rows = await portal.context.db.selectFrom('invitations').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(tokenOf(link));
});

test('a passkey made at another origin is refused', async () => {
  const { link } = await newLink();
  const token = tokenOf(link);
  const browser = portal.browser();
  const { flow, options } = await browser.post<FlowAnswer>(`/api/v1/invitations/${token}/options`, {
    name: 'Bo',
  });
  const passkey = createSoftwarePasskey('localhost');
  const response = passkey.register({
    challenge: String(options['challenge']),
    origin: 'http://evil.localhost',
  });
  const accept = browser.post(`/api/v1/invitations/${token}/accept`, { flow, name: 'Bo', response });
  expect(await codeOf(accept)).toBe('passkey_refused');
});

test('a passkey of another relying party is refused', async () => {
  const { link } = await newLink();
  const token = tokenOf(link);
  const browser = portal.browser();
  const { flow, options } = await browser.post<FlowAnswer>(`/api/v1/invitations/${token}/options`, {
    name: 'Bo',
  });
  const passkey = createSoftwarePasskey('approve.localhost');
  const response = passkey.register({ challenge: String(options['challenge']), origin: portal.origin });
  const accept = browser.post(`/api/v1/invitations/${token}/accept`, { flow, name: 'Bo', response });
  expect(await codeOf(accept)).toBe('passkey_refused');
});

test('a challenge serves once, also when its answer was wrong', async () => {
  const { link } = await newLink();
  const token = tokenOf(link);
  const browser = portal.browser();
  const { flow, options } = await browser.post<FlowAnswer>(`/api/v1/invitations/${token}/options`, {
    name: 'Bo',
  });
  const passkey = createSoftwarePasskey('localhost');
  const challenge = String(options['challenge']);
  const wrong = passkey.register({ challenge, origin: 'http://evil.localhost' });
  const right = passkey.register({ challenge, origin: portal.origin });
  const accept = (response: unknown) =>
    codeOf(browser.post(`/api/v1/invitations/${token}/accept`, { flow, name: 'Bo', response }));
  expect(await accept(wrong)).toBe('passkey_refused');
  expect(await accept(right)).toBe('flow_over');
});

test('an attempt for one link does not serve another', async () => {
  const one = tokenOf((await newLink()).link);
  const other = tokenOf((await newLink()).link);
  const browser = portal.browser();
  const { flow, options } = await browser.post<FlowAnswer>(`/api/v1/invitations/${one}/options`, {
    name: 'Bo',
  });
  const passkey = createSoftwarePasskey('localhost');
  const response = passkey.register({ challenge: String(options['challenge']), origin: portal.origin });
  const accept = browser.post(`/api/v1/invitations/${other}/accept`, { flow, name: 'Bo', response });
  expect(await codeOf(accept)).toBe('flow_over');
});

test('a partner’s person can only be invited to a partner that exists', async () => {
  const partnerId = `p-${'a'.repeat(26)}`;
  const attempt = admin.client.post('/api/v1/invitations', { kind: 'partner', name: 'Bo', partnerId });
  expect(await codeOf(attempt)).toBe('partner_unknown');
});

test('an invitation offers only algorithms that every supported Node can verify', async () => {
  const token = tokenOf((await newLink()).link);
  const { options } = await portal
    .browser()
    .post<FlowAnswer>(`/api/v1/invitations/${token}/options`, { name: 'Bo' });
  const offered = (options['pubKeyCredParams'] as { alg: number }[]).map(({ alg }) => alg);
  expect(offered).toEqual([-7, -8, -257]);
});
