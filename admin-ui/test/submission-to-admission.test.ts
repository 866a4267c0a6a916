// The main path, whole: what a partner submits in a browser ends as an admission by a server without a network.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAppWarrant, importKey, memoryKeyStore } from '@appwarrant/sdk';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { build } from '../../.ci/build.ts';
import { activate, atServer, installCustomer, load, type CustomerSite } from '../../server/demo/customer.ts';
import { startTestPortal, type TestPortal } from '../../server/test/test-portal.ts';
import { setThresholds } from '../../server/test/thresholds.ts';
import {
  accept,
  approve,
  becomeApprover,
  changeRoster,
  comeBack,
  dialog,
  expectSeen,
  invitePartner,
  registerApp,
  submitBuild,
  visit,
} from './acts.ts';
import { somebody, startBrowser, type Somebody } from './browser.ts';

let portal: TestPortal;
let browser: Browser;
let folder: string;
let anna: Somebody;
let bo: Somebody;
let pia: Somebody;
let site: CustomerSite;
let privateKey: string;

beforeAll(async () => {
  await build();
  folder = mkdtempSync(join(tmpdir(), 'appwarrant-main-path-'));
  [portal, browser] = await Promise.all([startTestPortal(), startBrowser()]);
  const setup = await portal.admin();
  const invite = async (name: string): Promise<Somebody> => {
    const { link } = await setup.client.post<{ link: string }>('/api/v1/invitations', {
      kind: 'admin',
      name,
    });
    const person = await somebody(browser);
    await accept(person, link, name);
    return person;
  };
  anna = await invite('Anna Berg');
  bo = await invite('Bo Lund');
});

afterAll(async () => {
  await browser?.close();
  await portal?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('two admins become approvers, and a build takes both', async () => {
  await becomeApprover(anna);
  await becomeApprover(bo);
  await changeRoster(anna);
  await setThresholds(portal, { entry: 2 });
  await visit(bo, '/roster');
  await bo.page.getByText('2 people', { exact: true }).first().waitFor();
  expect(await bo.page.locator('td .fingerprint').count()).toBe(2);
});

test('a partner registers an app and submits a build with a key made in the browser', async () => {
  const link = await invitePartner(anna, 'Northwind Apps', 'Pia Holm');
  pia = await somebody(browser);
  await accept(pia, link, 'Pia Holm');
  await registerApp(pia, 'Field Service', 'orders:read orders:write');
  const file = {
    name: 'field-service-2.4.1.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('a build'),
  };
  privateKey = readFileSync(await submitBuild(pia, { file, version: '2.4.1' }), 'utf8');
  await expectSeen(pia.page.getByText('Waiting', { exact: true }));
});

test('an upload tells how far it is, and can be stopped', async () => {
  const page = await pia.context.newPage();
  const network = await pia.context.newCDPSession(page);
  await page.goto(`${portal.origin}/apps`);
  await page.getByRole('link', { name: 'Field Service' }).click();
  await page.getByRole('link', { name: 'Submit a build' }).first().click();
  await network.send('Network.enable');
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 };
  await network.send('Network.emulateNetworkConditions', slow);
  const buffer = Buffer.alloc(4_000_000, 'a build');
  const file = { name: 'large.bin', mimeType: 'application/octet-stream', buffer };
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByText(/^\s*[1-9][\d.]* [kM]B of 4\.0 MB/).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expectSeen(page.getByText('Drop the build here, or'));
  await page.close();
});

test('the partner sees nothing of the vendor’s', async () => {
  expect(await pia.page.getByRole('link', { name: 'Customers' }).count()).toBe(0);
  await visit(pia, '/people');
  await pia.page.getByRole('alert').getByText('not_allowed').waitFor();
});

test('one approval leaves the build waiting for another person, and nobody approves twice', async () => {
  await openBuild(anna);
  await approve(anna, () => anna.page.getByRole('button', { name: 'Approve' }).click());
  await anna.page.getByText('1 of 2 approvals').waitFor();
  expect(await anna.page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  await visit(anna, '/builds?state=waiting');
  await anna.page.getByLabel('Choose Field Service 2.4.1').click();
  const again = await anna.opening(() => anna.page.getByRole('button', { name: 'Approve it' }).click());
  await again.getByRole('button', { name: 'Approve with passkey' }).click();
  await expectSeen(again.getByRole('alert').getByText('approval_repeated'));
  await comeBack(anna, again);
});

test('the second approver puts it into the allowlist, and the partner sees it', async () => {
  await openBuild(bo);
  await approve(bo, () => bo.page.getByRole('button', { name: 'Approve' }).click());
  await bo.page.getByText('In the allowlist').first().waitFor();
  await visit(pia, '/builds');
  await expectSeen(pia.page.getByRole('row', { name: 'Field Service 2.4.1' }).getByText('In the allowlist'));
});

test('the package is made and downloaded; a customer installs and activates it', async () => {
  await visit(anna, '/verifier-package');
  await anna.page.getByRole('button', { name: 'Make the package' }).click();
  await expectSeen(anna.page.getByText('How a customer installs it'));
  const tarball = join(folder, 'acme-verifier.tgz');
  await downloadTo(anna.page, 'Download', tarball);
  site = await installCustomer(join(folder, 'customer'), tarball, await freePort());
});

test('the customer is licensed, and its bundle downloaded and loaded', async () => {
  const { page } = anna;
  await visit(anna, '/customers');
  await page.getByRole('button', { name: 'Add a customer' }).first().click();
  await dialog(page).getByLabel('Name').fill('Harbour Logistics');
  await dialog(page).getByRole('button', { name: 'Add the customer' }).click();
  await page.getByRole('button', { name: 'Add a deployment' }).click();
  await dialog(page)
    .getByLabel('Deployment id')
    .fill(await activate(site));
  await dialog(page).getByLabel('Origins').fill(site.origin);
  await dialog(page).getByRole('button', { name: 'Add the deployment' }).click();
  await page.getByRole('button', { name: 'Propose a licence' }).click();
  await dialog(page).getByRole('button', { name: 'Propose the licence' }).click();
  await page.getByText('Waiting for approval').waitFor();
  await approve(anna, () => page.getByRole('button', { name: 'Approve' }).click());
  await page.getByText('In force').waitFor();
  const bundle = join(folder, 'bundle');
  await downloadTo(page, 'Download the bundle', bundle);
  expect(await load(site, readFileSync(bundle))).toMatchObject({ code: null });
});

test('the installed package admits the app with the key from the browser, and refuses it without', async () => {
  await atServer(site, async () => {
    const key = await importKey(JSON.parse(privateKey));
    const app = createAppWarrant({ origin: site.origin, keyStore: memoryKeyStore(key) });
    const answer = await app.fetch('/orders');
    expect(answer.status).toBe(200);
    const without = await fetch(`${site.origin}/orders`);
    expect(await without.json()).toMatchObject({ code: 'proof_missing' });
  });
});

test('a rejected build tells its partner why', async () => {
  await visit(pia, '/apps');
  await pia.page.getByRole('link', { name: 'Field Service' }).click();
  const file = {
    name: 'broken.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('another build'),
  };
  await submitBuild(pia, { file, version: '2.5.0' });
  await visit(anna, '/builds?state=waiting');
  await anna.page.getByRole('link', { name: 'Field Service 2.5.0' }).click();
  await anna.page.getByRole('button', { name: 'Reject' }).click();
  await dialog(anna.page).getByLabel('Why').fill('It logs the orders of other customers.');
  await dialog(anna.page).getByRole('button', { name: 'Reject the build' }).click();
  await anna.page.getByText('Rejected', { exact: true }).first().waitFor();
  await pia.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expectSeen(pia.page.getByText('It logs the orders of other customers.'));
});

test('a revoked build leaves the allowlist', async () => {
  await openBuild(bo);
  await bo.page.getByRole('button', { name: 'Revoke' }).click();
  await dialog(bo.page).getByLabel('Why').fill('A key was found in a public repository.');
  await dialog(bo.page).getByRole('button', { name: 'Revoke the build' }).click();
  await bo.page.getByText('A key was found in a public repository.').first().waitFor();
  const bundle = join(folder, 'bundle-2');
  await visit(anna, '/customers');
  await downloadTo(anna.page, 'Bundle of Harbour Logistics', bundle);
  expect(await load(site, readFileSync(bundle))).toMatchObject({ code: null });
});

test('a key that vouches for installed copies is submitted as such, and its approvers read what that means', async () => {
  await visit(pia, '/apps');
  await pia.page.getByRole('link', { name: 'Field Service' }).click();
  const file = {
    name: 'field-service-3.bin',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('a build whose copies have keys of their own'),
  };
  await submitBuild(pia, { file, version: '3.0.0', vouches: true });
  await expectSeen(pia.page.getByText('to vouch for installed copies, each with a key of its own'));
  await visit(anna, '/builds?state=waiting');
  await anna.page.getByRole('link', { name: 'Field Service 3.0.0' }).click();
  const approving = await anna.opening(() => anna.page.getByRole('button', { name: 'Approve' }).click());
  await expectSeen(approving.getByText('vouches for installed copies of the app'));
  await expectSeen(approving.getByText('can vouch for any program as a copy of this app'));
  await approving.getByRole('button', { name: 'Approve with passkey' }).click();
  await approving.locator('.done').waitFor();
  await comeBack(anna, approving);
  await expectSeen(anna.page.getByText('1 of 2 approvals'));
});

test('all of it broke no rule of the content security policy and asked no other machine', () => {
  expect([...anna.wrongs, ...bo.wrongs, ...pia.wrongs]).toEqual([]);
});

async function openBuild(person: Somebody): Promise<void> {
  await visit(person, '/builds');
  await person.page.getByRole('link', { name: 'Field Service 2.4.1' }).click();
  await person.page.getByRole('heading', { name: 'Field Service 2.4.1' }).waitFor();
}

async function downloadTo(page: Page, link: string, path: string): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: link }).first().click(),
  ]);
  await download.saveAs(path);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
