import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  accept,
  approve,
  becomeApprover,
  changeRoster,
  comeBack,
  dialog,
  expectSeen,
  inviteBy,
  settled,
  visit,
} from './acts.ts';
import { somebody, startBrowser, startPortal, type RunningPortal, type Somebody } from './browser.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let portal: RunningPortal;
let browser: Browser;
let admin: Somebody;
let partner: Somebody;

beforeAll(async () => {
  [portal, browser] = await Promise.all([startPortal(), startBrowser()]);
  admin = await somebody(browser);
});

afterAll(async () => {
  await browser?.close();
  await portal?.stop();
});

/** Everything that a machine can find, in light at 1024 pixels; in dark and wide, what depends on colours. */
async function expectAccessible(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1024, height: 900 });
  expect(await violations(new AxeBuilder({ page }).withTags(RULES))).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1440, height: 900 });
  expect(await violations(new AxeBuilder({ page }).withRules(['color-contrast']))).toEqual([]);
}

async function violations(builder: AxeBuilder): Promise<string[]> {
  const { violations } = await builder.analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe('before the portal', () => {
  test('the way in', async () => {
    await admin.page.goto(portal.origin);
    await admin.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await expectAccessible(admin.page);
  });

  test('the invitation', async () => {
    await admin.page.goto(portal.invitation);
    await admin.page.getByLabel('Your name').waitFor();
    await expectAccessible(admin.page);
  });
});

describe('an empty portal', () => {
  test('first steps', async () => {
    await accept(admin, portal.invitation, 'Anna Berg');
    await settled(admin.page);
    await expectAccessible(admin.page);
  });

  test.each(['/builds', '/apps', '/partners', '/roster', '/verifier-package'])(
    '%s without anything in it',
    async (path) => {
      await visit(admin, path);
      await admin.page.locator('aw-empty').first().waitFor();
      await expectAccessible(admin.page);
    },
  );
});

describe('the approving page', () => {
  test('makes a passkey', async () => {
    await visit(admin, '/people');
    const approving = await admin.opening(() =>
      admin.page.getByRole('button', { name: 'Become an approver' }).click(),
    );
    await approving.getByRole('heading', { name: 'An approval passkey' }).waitFor();
    await expectAccessible(approving);
    await approving.close();
    await admin.page.bringToFront();
    await expectAccessible(admin.page);
    await dialog(admin.page).getByRole('button', { name: 'Close', exact: true }).last().click();
    await becomeApprover(admin);
  });

  test('shows a licence', async () => {
    await changeRoster(admin);
    await visit(admin, '/customers');
    await admin.page.getByRole('link', { name: 'This machine', exact: true }).click();
    await approve(admin, async () => admin.page.getByRole('button', { name: 'Approve' }).click());
    await expectSeen(admin.page.getByText('In force'));
  });

  test('shows a list of builds', async () => {
    await visit(admin, '/');
    await admin.page.getByRole('button', { name: 'Bring the sample' }).click();
    await expectAccessible(admin.page);
    await dialog(admin.page).getByRole('button', { name: 'Bring the sample' }).click();
    await admin.page.getByText('Three partners and forty builds are here.').waitFor();
    await visit(admin, '/builds?state=waiting');
    const boxes = admin.page.locator('tbody').getByRole('checkbox');
    for (const index of [0, 1, 2]) await boxes.nth(index).click();
    await expectAccessible(admin.page);
    const approving = await admin.opening(() =>
      admin.page.getByRole('button', { name: 'Approve all 3' }).click(),
    );
    await approving.getByRole('heading', { name: 'Approve 3 builds' }).waitFor();
    await expectAccessible(approving);
    await approving.getByRole('button', { name: 'Approve all 3' }).click();
    await approving.locator('.done').waitFor();
    await expectAccessible(approving);
    await comeBack(admin, approving);
  });
});

describe('what an admin sees', () => {
  test.each([
    '/',
    '/builds',
    '/apps',
    '/apps/new',
    '/partners',
    '/customers',
    '/allowlist',
    '/people',
    '/roster',
    '/audit',
    '/codes/no_session',
    '/codes/no_such_code',
    '/nowhere',
  ])('%s', async (path) => {
    await visit(admin, path);
    await expectAccessible(admin.page);
  });

  test.each([
    ['a build', '/builds?state=published', 'aw-table td a'],
    ['a build that waits', '/builds?state=waiting', 'aw-table td a'],
    ['an app', '/apps', 'td a.name'],
    ['a partner', '/partners', 'td a.name'],
    ['a customer', '/customers', 'td a.name'],
    ['a version', '/allowlist', 'td a.name'],
  ])('%s', async (_, list, first) => {
    await visit(admin, list);
    await admin.page.locator(first).first().click();
    await admin.page.locator('aw-page[back-href]').waitFor();
    await settled(admin.page);
    await expectAccessible(admin.page);
  });

  test('the verifier package', async () => {
    await visit(admin, '/verifier-package');
    await admin.page.getByRole('button', { name: 'Make the package' }).click();
    await admin.page.getByText('How a customer installs it').waitFor();
    await expectAccessible(admin.page);
  });

  test('dialogs that ask', async () => {
    await visit(admin, '/customers');
    await admin.page.locator('td a.name').first().click();
    for (const name of ['Propose another', 'Propose a grant', 'Add a deployment', 'Remove']) {
      await admin.page.getByRole('button', { name }).first().click();
      await dialog(admin.page).getByRole('button', { name: 'Cancel' }).waitFor();
      await expectAccessible(admin.page);
      await dialog(admin.page).getByRole('button', { name: 'Cancel' }).click();
      await dialog(admin.page).waitFor({ state: 'detached' });
    }
  });
});

test('Escape closes a dialog, and the focus is where it was', async () => {
  await visit(admin, '/customers');
  await admin.page.getByRole('button', { name: 'Add a customer' }).focus();
  await admin.page.keyboard.press('Enter');
  await dialog(admin.page).getByLabel('Name').waitFor();
  await expect.poll(() => admin.page.evaluate(focusedName)).toContain('Name');
  await admin.page.keyboard.press('Escape');
  await dialog(admin.page).waitFor({ state: 'detached' });
  await expect.poll(() => admin.page.evaluate(focusedName)).toContain('Add a customer');
});

describe('what a partner sees', () => {
  test('an overview', async () => {
    await visit(admin, '/partners');
    await admin.page.locator('td a.name').first().click();
    const link = await inviteBy(admin.page, 'Invite a person', 'Pia Holm');
    partner = await somebody(browser);
    await accept(partner, link, 'Pia Holm');
    await settled(partner.page);
    await expectAccessible(partner.page);
  });

  test('the form of a submission', async () => {
    await visit(partner, '/apps');
    await partner.page.locator('td a.name').first().click();
    await partner.page.getByRole('link', { name: 'Submit a build' }).first().click();
    await partner.page.getByRole('heading', { name: 'Its key' }).waitFor();
    await expectAccessible(partner.page);
    await partner.page.getByText('Elsewhere').click();
    await partner.page.getByText('What the proof signs').click();
    await expectAccessible(partner.page);
  });

  test('only builds of its own', async () => {
    await visit(partner, '/builds');
    await expectAccessible(partner.page);
  });
});

test('light or dark is the system’s choice, until a person chooses for this browser', async () => {
  const theme = () => admin.page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  await admin.page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(theme).toBe('light');
  await admin.page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(theme).toBe('dark');
  await admin.page.getByRole('button', { name: 'Change to light' }).click();
  await expect.poll(theme).toBe('light');
  await admin.page.reload();
  await admin.page.getByRole('button', { name: 'Change to dark' }).waitFor();
  expect(await theme()).toBe('light');
});

test('the keyboard alone gets past the navigation, and into the page', async () => {
  await visit(admin, '/partners');
  expect(await admin.page.evaluate(focusedName)).toBe('Partners');
  const names: string[] = [];
  while (names.length < 20 && names.at(-1) !== 'Skip to the page') {
    await admin.page.keyboard.press('Shift+Tab');
    names.push(await admin.page.evaluate(focusedName));
  }
  expect(names).toEqual(expect.arrayContaining(['Audit trail', 'Overview', 'Skip to the page']));
  await admin.page.keyboard.press('Enter');
  await admin.page.keyboard.press('Tab');
  expect(await admin.page.evaluate(focusedName)).toContain('Add a partner');
});

test('all of it broke no rule of the content security policy and asked no other machine', () => {
  expect([...admin.wrongs, ...partner.wrongs]).toEqual([]);
});

function focusedName(): string {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  const host = element?.getRootNode();
  const slotted = host instanceof ShadowRoot && host.host.localName.startsWith('wa-') ? host.host : element;
  return slotted?.getAttribute('label') ?? slotted?.textContent?.trim() ?? '';
}
