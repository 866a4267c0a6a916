// What people do at the portal, in the words that are on its pages.

import type { Locator, Page } from 'playwright-core';
import type { Somebody } from './browser.ts';

/** Opens an invitation and makes a passkey; ends on the overview. */
export async function accept({ page }: Somebody, invitation: string, name: string): Promise<void> {
  await page.goto(invitation);
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Make a passkey and sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

/** Goes to an address as a link would: without loading the portal anew. */
export async function visit({ page }: Somebody, path: string): Promise<void> {
  await page.evaluate(async (address) => {
    await navigation.navigate(address).finished;
  }, path);
  await settled(page);
}

/** Waits until nothing on the page is loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator('aw-page').waitFor();
  await page.waitForLoadState('networkidle');
  await page.locator('aw-loading').first().waitFor({ state: 'detached' });
}

/** Fails unless it shows, now or soon. */
export async function expectSeen(what: Locator): Promise<void> {
  await what.first().waitFor();
}

/** The dialog that is open. */
export function dialog(page: Page) {
  return page.locator('wa-dialog[open]');
}

/** On the approving page: makes the approval passkey; gives the fingerprint that the page shows. */
export async function makeApprovalPasskey(approving: Page): Promise<string> {
  await approving.getByRole('button', { name: 'Make the approval passkey' }).click();
  await approving.getByRole('heading', { name: 'The passkey is made' }).waitFor();
  return (await approving.locator('.fingerprint').textContent()) ?? '';
}

/** Closes the approving page's tab, and the dialog that waits for it. */
export async function comeBack({ page }: Somebody, approving: Page): Promise<void> {
  await approving.close();
  await page.bringToFront();
  await dialog(page).getByRole('button', { name: 'Close', exact: true }).last().click();
  await dialog(page).waitFor({ state: 'detached' });
}

/** Becomes an approver: makes an approval passkey on the approving page; gives its fingerprint. */
export async function becomeApprover(admin: Somebody): Promise<string> {
  await visit(admin, '/people');
  const approving = await admin.opening(() =>
    admin.page.getByRole('button', { name: 'Become an approver' }).click(),
  );
  const fingerprint = await makeApprovalPasskey(approving);
  await comeBack(admin, approving);
  return fingerprint;
}

/** With development keys: has the portal sign the new roster. */
export async function changeRoster(admin: Somebody): Promise<void> {
  await visit(admin, '/roster');
  await admin.page.getByRole('button', { name: 'Change the roster' }).click();
  await dialog(admin.page).getByRole('button', { name: 'Change the roster' }).click();
  await admin.page.getByText('The roster has changed.').waitFor();
}

/** Does what opens the approving page, approves there, and comes back. */
export async function approve(admin: Somebody, open: () => Promise<void>): Promise<void> {
  const approving = await admin.opening(open);
  await approving.getByRole('button', { name: /^Approve/ }).click();
  await approving.locator('.done').waitFor();
  await comeBack(admin, approving);
}

/** Adds a partner and invites somebody of it; gives the invitation. */
export async function invitePartner(admin: Somebody, partner: string, person: string): Promise<string> {
  const { page } = admin;
  await visit(admin, '/partners');
  await page.getByRole('button', { name: 'Add a partner' }).first().click();
  await dialog(page).getByLabel('Name').fill(partner);
  await dialog(page).getByRole('button', { name: 'Add the partner' }).click();
  await page.getByRole('heading', { name: partner }).waitFor();
  return inviteBy(page, 'Invite a person', person);
}

/** Invites with the button of that name; gives the link, which the portal shows once. */
export async function inviteBy(page: Page, button: string, name: string): Promise<string> {
  await page.getByRole('button', { name: button }).click();
  await dialog(page).getByLabel('Name').fill(name);
  await dialog(page).getByRole('button', { name: 'Make the link' }).click();
  const link = page.locator('aw-link aw-copy code');
  await link.waitFor();
  const text = (await link.textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  await page.locator('aw-link').waitFor({ state: 'detached' });
  return text.trim();
}

/** Registers an app; ends on its page. */
export async function registerApp(partner: Somebody, name: string, capabilities: string): Promise<void> {
  const { page } = partner;
  await visit(partner, '/apps/new');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Capabilities').fill(capabilities);
  await page.getByRole('button', { name: 'Register the app' }).click();
  await page.getByRole('heading', { name, exact: true }).waitFor();
}

export interface Submission {
  readonly file: { readonly name: string; readonly mimeType: string; readonly buffer: Buffer };
  readonly version: string;
  /** Whether the key vouches for installed copies, instead of signing requests. */
  readonly vouches?: boolean;
}

/** On an app's page: submits a build with a key made in the browser; gives the private key's file. */
export async function submitBuild(
  { page }: Somebody,
  { file, version, vouches = false }: Submission,
): Promise<string> {
  await page.getByRole('link', { name: 'Submit a build' }).first().click();
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByText('Another file').waitFor();
  await page.getByLabel('Version').fill(version);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Make a key and download it' }).click(),
  ]);
  if (vouches) await page.getByText('This key vouches for installed copies').click();
  await page.getByRole('button', { name: 'Submit the build' }).click();
  await page.getByRole('heading', { name: version }).waitFor();
  return download.path();
}
