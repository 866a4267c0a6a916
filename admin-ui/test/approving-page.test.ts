// The approving page before a portal that lies: between the page and the portal, the test changes what is said.

import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  approvalChallenge,
  merkleRoot,
  statementBytes,
  toBase64url,
  type Statement,
} from '@appwarrant/verifier/formats';
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { entry } from './approve/statements.ts';
import { accept, becomeApprover, changeRoster, dialog, expectSeen, inviteBy, visit } from './acts.ts';
import { somebody, startBrowser, startPortal, type RunningPortal, type Somebody } from './browser.ts';

type Json = { [name: string]: unknown };
type ListAnswer = Json & { readonly statements: readonly Json[]; readonly registry: string };

let portal: RunningPortal;
let browser: Browser;
let anna: Somebody;

beforeAll(async () => {
  [portal, browser] = await Promise.all([startPortal(), startBrowser()]);
  anna = await somebody(browser);
  await accept(anna, portal.invitation, 'Anna Berg');
  await becomeApprover(anna);
  await changeRoster(anna);
});

afterAll(async () => {
  await browser?.close();
  await portal?.stop();
});

beforeEach(async () => {
  await anna.context.unrouteAll({ behavior: 'wait' });
});

/** Opens the approving page with the licence of this machine. */
async function openLicense(): Promise<Page> {
  await visit(anna, '/customers');
  await anna.page.getByRole('link', { name: 'This machine', exact: true }).click();
  const approving = await anna.opening(() => anna.page.getByRole('button', { name: 'Approve' }).click());
  await approving.locator('main').waitFor();
  await dialog(anna.page).getByRole('button', { name: 'Close', exact: true }).last().click();
  return approving;
}

/** From now on the portal says something else to the approving page. */
async function lie(change: (told: ListAnswer) => Json): Promise<void> {
  await anna.context.route('**/api/v1/approving/*', async (route: Route) => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    await route.fulfill({ response, json: change((await response.json()) as ListAnswer) });
  });
}

/** A file of the approving host. Node's resolver does not know names under localhost, so it is asked by address. */
function fromApprovingHost(path: string): Promise<string> {
  const { host, port } = new URL(portal.approveOrigin);
  return new Promise((resolve, reject) => {
    get({ hostname: '127.0.0.1', port, path, headers: { host } }, (answer) => {
      resolve(text(answer));
    }).once('error', reject);
  });
}

async function expectRefused(approving: Page, why: string): Promise<void> {
  await approving.locator(`.no[data-why="${why}"]`).waitFor();
  expect(await approving.getByRole('button').count()).toBe(0);
  await approving.close();
}

function at(seconds: number): string {
  return `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** Entries for this registry, issued now. */
function entries(registry: string, count: number): Json[] {
  const dates = { issued: at(0), validFrom: at(0), expires: at(86_400) };
  return Array.from({ length: count }, (_, index) => entry(index, dates, { registry }));
}

describe('the approving page', () => {
  test('has the passkey sign what it shows, whatever challenge the portal would like', async () => {
    let shown: readonly Json[] = [];
    await lie((told) => {
      shown = told.statements;
      return { ...told, challenge: 'AAAA', root: 'AAAA', digest: '0'.repeat(64), rpId: 'localhost' };
    });
    const approving = await openLicense();
    const [request] = await Promise.all([
      approving.waitForRequest((request) => request.method() === 'POST'),
      approving.getByRole('button', { name: 'Approve with passkey' }).click(),
    ]);
    const { clientDataJSON } = request.postDataJSON() as { clientDataJSON: string };
    const clientData = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString()) as Json;
    const leaves = shown.map((statement) => statementBytes(statement as unknown as Statement));
    expect(clientData).toMatchObject({
      type: 'webauthn.get',
      origin: portal.approveOrigin,
      challenge: toBase64url(approvalChallenge(merkleRoot(leaves))),
    });
    await approving.locator('.done').waitFor();
    await approving.close();
  });

  test('shows every one of 1,024 statements before the one button', async () => {
    await proposeAnother();
    await lie((told) => ({ ...told, statements: entries(told.registry, 1024) }));
    const approving = await openLicense();
    await approving.getByRole('heading', { name: 'Approve 1024 builds' }).waitFor();
    expect(await approving.locator('article').count()).toBe(1024);
    expect(await approving.getByRole('button').count()).toBe(1);
    await approving.close();
  });

  test.each<[string, string, (told: ListAnswer) => Json]>([
    ['statements of another registry', 'other_registry', (told) => spoil(told, { registry: 'f'.repeat(64) })],
    ['statements for production', 'other_environment', (told) => spoil(told, { environment: 'production' })],
    [
      'one statement twice',
      'repeated',
      (told) => ({ ...told, statements: [told.statements[0], told.statements[0]] }),
    ],
    [
      'kinds that are mixed',
      'mixed_kinds',
      (told) => ({ ...told, statements: [...told.statements, ...entries(told.registry, 1)] }),
    ],
    ['a statement with a part that it cannot show', 'malformed', (told) => spoil(told, { hidden: true })],
    ['a licence that is not where it says', 'misplaced', (told) => spoil(told, { length: 1 })],
    ['an empty list', 'list_length', (told) => ({ ...told, statements: [] })],
    [
      'a build that was issued tomorrow',
      'issued_ahead',
      (told) => ({
        ...told,
        statements: [entry(1, { issued: at(86_400), validFrom: at(86_400) }, { registry: told.registry })],
      }),
    ],
    [
      'a build that was issued last month',
      'issued_long_ago',
      (told) => ({
        ...told,
        statements: [entry(1, { issued: at(-30 * 86_400) }, { registry: told.registry })],
      }),
    ],
  ])('will not sign %s', async (_, why, change) => {
    await lie(change);
    await expectRefused(await openLicense(), why);
  });

  test('will not sign for a registry that its own configuration does not name', async () => {
    await anna.context.route(`${portal.approveOrigin}/configuration.json`, async (route) => {
      const file = JSON.parse(await fromApprovingHost('/configuration.json')) as Json;
      await route.fulfill({ json: { ...file, registry: 'e'.repeat(64) } });
    });
    await expectRefused(await openLicense(), 'other_registry');
  });

  test('will not sign without its configuration', async () => {
    await anna.context.route(`${portal.approveOrigin}/configuration.json`, (route) =>
      route.fulfill({ status: 404 }),
    );
    await expectRefused(await openLicense(), 'not_configured');
  });

  test('opened by hand, without a link from the portal, says where to go', async () => {
    const page = await anna.context.newPage();
    await page.goto(portal.approveOrigin);
    await expectRefused(page, 'link_incomplete');
  });

  test('cannot be framed: its headers forbid it, and where somebody forgot them, the page refuses', async () => {
    const page = await anna.context.newPage();
    const frame = (address: string) =>
      page.setContent(`<iframe src="${address}" width="900" height="600"></iframe>`);
    await frame(`${portal.approveOrigin}/`);
    await expect
      .poll(() => page.frames().map((inner) => inner.url()))
      .toContain('chrome-error://chromewebdata/');

    await page.route(`${portal.approveOrigin}/`, async (route) => {
      await route.fulfill({ contentType: 'text/html', body: await fromApprovingHost('/') });
    });
    await frame(`${portal.approveOrigin}/`);
    await page.frameLocator('iframe').locator('.no[data-why="framed"]').waitFor();
    await page.close();
  });

  test('does not take a sign-in passkey for an approval', async () => {
    await visit(anna, '/people');
    const link = await inviteBy(anna.page, 'Invite an admin', 'Bo Lund');
    const bo = await somebody(browser);
    await accept(bo, link, 'Bo Lund');
    await visit(bo, '/customers');
    await bo.page.getByRole('link', { name: 'This machine', exact: true }).click();
    const approving = await bo.opening(() => bo.page.getByRole('button', { name: 'Approve' }).click());
    await approving.getByRole('button', { name: 'Approve with passkey' }).click();
    await approving.locator('.no[data-why="no_passkey"]').waitFor();
    expect(bo.wrongs).toEqual([]);
    await bo.leave();
  });

  test('says in the portal’s words why an approval did not count, and signs nothing when the device declines', async () => {
    const approving = await openLicense();
    await anna.answers(false);
    await approving.getByRole('button', { name: 'Approve with passkey' }).click();
    await approving.locator('.no[data-why="no_passkey"]').waitFor();
    await anna.answers(true);
    await approving.getByRole('button', { name: 'Approve with passkey' }).click();
    await approving.locator('.done').waitFor();
    await approving.reload();
    await expectSeen(approving.getByText('list_over'));
    await approving.close();
  });
});

/** Changes the first statement. */
function spoil(told: ListAnswer, change: Json): Json {
  const [first, ...others] = told.statements;
  return { ...told, statements: [{ ...first, ...change }, ...others] };
}

/** A licence that waits for approval. */
async function proposeAnother(): Promise<void> {
  await visit(anna, '/customers');
  await anna.page.getByRole('link', { name: 'This machine', exact: true }).click();
  await anna.page.getByRole('button', { name: 'Propose another' }).click();
  await dialog(anna.page).getByRole('button', { name: 'Propose the licence' }).click();
  await anna.page.getByText('Waiting for approval').waitFor();
}
