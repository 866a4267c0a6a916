import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  accept,
  approve,
  becomeApprover,
  changeRoster,
  dialog,
  expectSeen,
  inviteBy,
  settled,
  visit,
} from './acts.ts';
import { somebody, startBrowser, startPortal, type RunningPortal, type Somebody } from './browser.ts';

let portal: RunningPortal;
let browser: Browser;
let anna: Somebody;

beforeAll(async () => {
  [portal, browser] = await Promise.all([startPortal(), startBrowser()]);
  anna = await somebody(browser);
});

afterAll(async () => {
  await browser?.close();
  await portal?.stop();
});

test('who opens the portal without an invitation can only sign in', async () => {
  const stranger = await somebody(browser);
  await stranger.page.goto(`${portal.origin}/builds`);
  await stranger.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await stranger.page.getByRole('button', { name: 'Sign in with passkey' }).click();
  await stranger.page.getByRole('alert').getByText('No passkey answered').waitFor();
  expect(stranger.wrongs).toEqual([]);
  await stranger.leave();
});

test('a device that declines enrols nobody, and the link still works', async () => {
  const hesitant = await somebody(browser);
  await hesitant.page.goto(portal.invitation);
  await hesitant.page.getByLabel('Your name').fill('Nobody');
  await hesitant.answers(false);
  await hesitant.page.getByRole('button', { name: 'Make a passkey and sign in' }).click();
  await expectSeen(hesitant.page.getByRole('alert'));
  await hesitant.leave();
});

test('the printed link makes the first admin, and leads on to the first steps', async () => {
  await accept(anna, portal.invitation, 'Anna Berg');
  await anna.page.getByRole('heading', { name: 'First steps' }).waitFor();
  expect(new URL(anna.page.url()).pathname).toBe('/');
  expect(await anna.page.locator('.steps .next').textContent()).toContain('Make an approval passkey');
});

test('the link works once', async () => {
  const late = await somebody(browser);
  await late.page.goto(portal.invitation);
  await late.page.getByRole('alert').getByText('invitation_used').waitFor();
  await late.page.getByRole('link', { name: 'invitation_used' }).click();
  expect(late.wrongs).toEqual([]);
  await late.leave();
});

test('the admin becomes an approver, whose fingerprint the roster shows as the approving page did', async () => {
  const fingerprint = await becomeApprover(anna);
  expect(fingerprint).toMatch(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/);
  await visit(anna, '/roster');
  expect(await anna.page.locator('.pending .fingerprint').textContent()).toBe(fingerprint);
  await changeRoster(anna);
  await anna.page.getByRole('row', { name: 'Anna Berg' }).getByText('Active').waitFor();
  expect(await anna.page.locator('td .fingerprint').textContent()).toBe(fingerprint);
});

test('then the licence of this machine is approved, and its bundle is there', async () => {
  await visit(anna, '/');
  await anna.page.getByRole('link', { name: 'Approve the licence' }).click();
  await anna.page.getByText('There is no bundle yet.').waitFor();
  await approve(anna, () => anna.page.getByRole('button', { name: 'Approve' }).click());
  await anna.page.getByText('In force').waitFor();
  const [download] = await Promise.all([
    anna.page.waitForEvent('download'),
    anna.page.getByRole('link', { name: 'Download the bundle' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/bundle/);
});

test('the same passkey signs in again', async () => {
  await anna.page.getByRole('button', { name: 'Sign out' }).click();
  await anna.page.getByRole('button', { name: 'Sign in with passkey' }).click();
  await expectSeen(anna.page.getByRole('button', { name: 'Sign out' }));
});

test('a session that has ended leads to the way in, and back', async () => {
  await visit(anna, '/people');
  await anna.context.clearCookies();
  await anna.page.getByRole('link', { name: 'Partners' }).click();
  await anna.page.getByRole('button', { name: 'Sign in with passkey' }).click();
  await expectSeen(anna.page.getByRole('heading', { name: 'Partners' }));
});

test('an admin invites another one, whose access ends with one question', async () => {
  await visit(anna, '/people');
  const link = await inviteBy(anna.page, 'Invite an admin', 'Bo Lund');
  const bo = await somebody(browser);
  await accept(bo, link, 'Bo Lund');
  await visit(anna, '/');
  await visit(anna, '/people');
  await anna.page.getByRole('button', { name: 'End access of Bo Lund' }).click();
  expect(await dialog(anna.page).textContent()).toContain('Bo Lund is signed out everywhere');
  await dialog(anna.page).getByRole('button', { name: 'End access' }).click();
  await anna.page.getByText('Bo Lund no longer has access.').waitFor();
  await bo.page.getByRole('link', { name: 'Builds', exact: true }).click();
  await bo.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(bo.wrongs).toEqual([]);
  await bo.leave();
});

test('the sample is offered on the empty overview, and brings forty builds', async () => {
  await visit(anna, '/');
  await anna.page.getByRole('button', { name: 'Bring the sample' }).click();
  await dialog(anna.page).getByRole('button', { name: 'Bring the sample' }).click();
  await anna.page.getByText('Three partners and forty builds are here.').waitFor();
  await settled(anna.page);
  await expectSeen(anna.page.getByRole('link', { name: '40 builds waiting' }));
});

test('all of it broke no rule of the content security policy and asked no other machine', () => {
  expect(anna.wrongs).toEqual([]);
});
