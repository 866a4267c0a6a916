import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { build } from '../../.ci/build.ts';
import { makePartner, startTestPortal, submitBuild, type TestPortal } from '../../server/test/test-portal.ts';
import { accept, comeBack, expectSeen, settled, visit } from './acts.ts';
import { somebody, startBrowser, type Somebody } from './browser.ts';

const COUNT = 5000;

let portal: TestPortal;
let browser: Browser;
let anna: Somebody;
let page: Page;

beforeAll(async () => {
  await build();
  [portal, browser] = await Promise.all([startTestPortal(), startBrowser()]);
  const setup = await portal.admin();
  await addBuilds(setup);
  const { link } = await setup.client.post<{ link: string }>('/api/v1/invitations', {
    kind: 'admin',
    name: 'Anna',
  });
  anna = await somebody(browser, { width: 1440, height: 900 });
  page = anna.page;
  await accept(anna, link, 'Anna Berg');
  await visit(anna, '/builds');
});

afterAll(async () => {
  await browser?.close();
  await portal?.close();
});

/** One build as a partner submits it, and 4,999 rows like it. */
async function addBuilds(admin: Parameters<typeof makePartner>[1]): Promise<void> {
  const { id } = await submitBuild(portal, await makePartner(portal, admin, 'Northwind'));
  const { db } = portal.context;
  const first = await db.selectFrom('builds').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const begun = Date.parse(first.submitted_at);
  for (let from = 1; from < COUNT; from += 500) {
    const rows = Array.from({ length: Math.min(500, COUNT - from) }, (_, index) => {
      const number = from + index;
      return {
        ...first,
        id: `b-${number.toString(2).padStart(26, 'a').replaceAll('0', 'b').replaceAll('1', 'c')}`,
        digest: createHash('sha256').update(`build ${number}`).digest('hex'),
        version: `3.0.${number}`,
        submitted_at: `${new Date(begun - number * 60_000).toISOString().slice(0, 19)}Z`,
      };
    });
    await db.insertInto('builds').values(rows).execute();
  }
}

const links = () => page.locator('aw-table td a');
const focused = () => page.locator('aw-table td a:focus');

describe('the table of 5,000 builds', () => {
  test('has all of them, and in the document only those in view', async () => {
    await page.getByText('5,000 builds').waitFor();
    expect(await page.getByRole('table', { name: 'Builds' }).getAttribute('aria-rowcount')).toBe('5001');
    expect(await links().count()).toBeLessThan(60);
  });

  test('scrolls to its middle and to its end', async () => {
    const scroller = page.locator('aw-table .scroll');
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await page
      .getByRole('link', { name: /3\.0\.25\d\d/ })
      .first()
      .waitFor();
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.getByRole('link', { name: '3.0.4999' }).waitFor();
    expect(await links().count()).toBeLessThan(60);
  });

  test('goes by keys: arrows, pages, home and end; Enter opens', async () => {
    await page.locator('aw-table .scroll').evaluate((element) => element.scrollTo(0, 0));
    await page.getByRole('link', { name: '1.0.0' }).focus();
    await page.keyboard.press('ArrowDown');
    expect(await focused().textContent()).toContain('3.0.1');
    await page.keyboard.press('End');
    await page.getByRole('link', { name: '3.0.4999' }).waitFor();
    await expect.poll(() => focused().count()).toBe(1);
    expect(await focused().textContent()).toContain('3.0.4999');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await focused().textContent()).toContain('3.0.2');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '3.0.2' }).waitFor();
    await page.goBack();
    await page.getByText('5,000 builds').waitFor();
  });

  test('finds what somebody types, and keeps it in the address', async () => {
    await page.getByLabel('Find builds').fill('3.0.4321');
    await page.getByText('1 build', { exact: true }).waitFor();
    expect(await links().allTextContents()).toEqual([expect.stringContaining('3.0.4321')]);
    expect(new URL(page.url()).search).toBe('?q=3.0.4321');
    await page.reload();
    await page.getByText('1 build', { exact: true }).waitFor();
    await page.getByLabel('Find builds').fill('nothing is called so');
    await page.getByText('No build is like this').waitFor();
    await page.getByLabel('Find builds').fill('');
    await page.getByText('5,000 builds').waitFor();
  });

  test('sorts by a heading, and turns round', async () => {
    const heading = page.getByRole('columnheader', { name: 'Submitted' });
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    await heading.getByRole('button').click();
    await page.getByRole('link', { name: '3.0.4999' }).waitFor();
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    expect(new URL(page.url()).search).toBe('?sort=submitted');
  });

  test('chooses by keys and with Shift, and sends what was chosen as one list', async () => {
    await visit(anna, '/builds?state=waiting');
    await page.getByRole('link', { name: '1.0.0' }).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await page.getByText('3 builds chosen').waitFor();
    await page.getByLabel('Choose all').click();
    await page.getByText('3 builds chosen').waitFor({ state: 'detached' });
    await page.getByLabel('Choose all').click();
    await page.getByText('200 builds chosen').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByRole('link', { name: '1.0.0' }).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    const approving = await anna.opening(() => page.getByRole('button', { name: 'Approve all 3' }).click());
    await approving.getByRole('heading', { name: 'Approve 3 builds' }).waitFor();
    expect(await approving.getByRole('article').count()).toBe(3);
    await comeBack(anna, approving);
  });

  test('says what went wrong when the portal is gone, and tries again', async () => {
    await visit(anna, '/');
    await anna.context.setOffline(true);
    await page.evaluate(() => {
      navigation.navigate('/builds');
    });
    await page.getByRole('alert').getByText('The portal does not answer').waitFor();
    await anna.context.setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await expectSeen(page.getByText('5,000 builds'));
    await settled(page);
  });

  test('broke no rule of the content security policy', () => {
    expect(anna.wrongs).toEqual([]);
  });
});
