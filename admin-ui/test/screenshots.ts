// Takes the pictures of the documentation from a running portal with the sample in it, into docs/images.
// `node --conditions=appwarrant-source admin-ui/test/screenshots.ts [folder]`: every screen in every look, into a folder.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { accept, approve, becomeApprover, changeRoster, settled, visit } from './acts.ts';
import { somebody, startBrowser, startPortal, type Somebody } from './browser.ts';

const everything = process.argv[2];
const folder = everything ?? join(import.meta.dirname, '../../docs/images');
mkdirSync(folder, { recursive: true });

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1440, height: 900 },
  { name: 'dark', colorScheme: 'dark', width: 1440, height: 900 },
  { name: 'light-1024', colorScheme: 'light', width: 1024, height: 768 },
  { name: 'dark-1024', colorScheme: 'dark', width: 1024, height: 768 },
] as const;

/** What the documentation shows in every look, and what it shows in one. */
const MAIN = ['overview', 'builds', 'build', 'approving'];
const MORE = ['first-steps', 'sign-in', 'roster', 'customer', 'allowlist', 'submit', 'verifier-package'];

const portal = await startPortal();
const browser = await startBrowser();
try {
  const admin = await somebody(browser);
  await accept(admin, portal.invitation, 'Anna Berg');
  await shootAll(admin.page, 'first-steps');
  await becomeApprover(admin);
  await changeRoster(admin);
  await visit(admin, '/');
  await admin.page.getByRole('link', { name: 'Approve the licence' }).click();
  await approve(admin, () => admin.page.getByRole('button', { name: 'Approve' }).click());
  await bringSample(admin);
  await shootChosen(admin);
  await shootPages(admin);
  await admin.page.getByRole('button', { name: 'Sign out' }).click();
  await admin.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await shootAll(admin.page, 'sign-in');
  for (const wrong of admin.wrongs) process.stderr.write(`${wrong}\n`);
} finally {
  await browser.close();
  await portal.stop();
}

async function bringSample({ page }: Somebody): Promise<void> {
  await page.goto(portal.origin);
  await page.getByRole('button', { name: 'Bring the sample' }).click();
  await page.locator('wa-dialog[open]').getByRole('button', { name: 'Bring the sample' }).click();
  await page.getByText('Three partners and forty builds are here.').waitFor();
}

/** Choosing builds, and the approving page with what was chosen. */
async function shootChosen(admin: Somebody): Promise<void> {
  const { page } = admin;
  await visit(admin, '/builds?state=waiting');
  const boxes = page.locator('tbody').getByRole('checkbox');
  for (const index of [0, 1, 2, 3, 4, 5]) await boxes.nth(index).click();
  await shootAll(page, 'builds');
  const approving = await admin.opening(() => page.getByRole('button', { name: 'Approve all 6' }).click());
  await approving.getByRole('button', { name: 'Approve all 6' }).waitFor();
  await shootAll(approving, 'approving');
  await approving.getByRole('button', { name: 'Approve all 6' }).click();
  await approving.locator('.done').waitFor();
  await shootAll(approving, 'approved');
  await approving.close();
  await page.locator('wa-dialog[open]').getByRole('button', { name: 'Close', exact: true }).last().click();
}

async function shootPages(admin: Somebody): Promise<void> {
  const { page } = admin;
  await page.goto(portal.origin);
  await settled(page);
  await shootAll(page, 'overview');
  await visit(admin, '/builds?state=published');
  await page.locator('aw-table a').first().click();
  await settled(page);
  await shootAll(page, 'build');
  for (const name of ['apps', 'partners', 'customers', 'allowlist', 'people', 'roster', 'audit']) {
    await visit(admin, `/${name}`);
    await shootAll(page, name);
  }
  await visit(admin, '/customers');
  await page.getByRole('link', { name: 'This machine', exact: true }).click();
  await settled(page);
  await shootAll(page, 'customer');
  await visit(admin, '/allowlist');
  await page
    .getByRole('link', { name: /^Version/ })
    .first()
    .click();
  await settled(page);
  await shootAll(page, 'version');
  await visit(admin, '/apps');
  await page.locator('td a.name').first().click();
  await settled(page);
  await shootAll(page, 'app');
  await page.getByRole('link', { name: 'Submit a build' }).first().click();
  await settled(page);
  await shootAll(page, 'submit');
  await visit(admin, '/verifier-package');
  await page.getByRole('button', { name: 'Make the package' }).click();
  await page.getByText('How a customer installs it').waitFor();
  await shootAll(page, 'verifier-package');
}

async function shootAll(page: Page, name: string): Promise<void> {
  const wanted =
    everything !== undefined || MAIN.includes(name) ? LOOKS : LOOKS.slice(0, MORE.includes(name) ? 1 : 0);
  for (const look of wanted) {
    await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width: look.width, height: look.height });
    await page.locator('.toast').first().waitFor({ state: 'detached' });
    await page.waitForTimeout(150);
    await page.screenshot({ path: join(folder, `${name}-${look.name}.png`) });
  }
}
