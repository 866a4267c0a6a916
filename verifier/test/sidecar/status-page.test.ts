import { AxeBuilder } from '@axe-core/playwright';
import { cpSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserForTests } from '../../../.ci/browser.ts';
import { addEntry, approve, entryCustom, makeAppKey, makeId } from '../compose/vendor.ts';
import { makeKey } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, send, type Answer } from '../http/socket.ts';
import { timeOf } from '../../src/formats.ts';
import { nextBundle, start, type Site } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { bundleFile, signNow } from '../tricks/honest.ts';
import { questionOf } from './questions.ts';
import { lastingFolder, loadedSite, startSidecar, type Running } from './start.ts';

const root = join(import.meta.dirname, '../../..');
const day = 86_400;

/** The vendor's package with the pages of the codes, as it is installed. */
function installed(site: Site): string {
  const folder = lastingFolder(makePackage(site.vendor));
  cpSync(join(root, 'docs/codes'), join(folder, 'dist/codes'), { recursive: true });
  return folder;
}

/** A site with several apps, one of which ends soon and one of which bears a name that is markup. */
function busySite(): Site {
  const site = loadedSite();
  const { vendor } = site;
  const build = (name: string, version: string, left: number, capabilities: string[]): void => {
    const partner = { id: makeId('p'), name: `${name} GmbH` };
    const app = {
      id: name
        .toLowerCase()
        .replace(/[^a-z]+/g, '-')
        .replace(/^-|-$/g, ''),
      name,
    };
    const custom = entryCustom(vendor, makeAppKey(), {
      partner,
      app,
      build: { id: makeId('b'), version, platform: 'server' },
      capabilities: capabilities.toSorted(),
      expires: timeOf(vendor.now + left),
    });
    const entry = addEntry(vendor, custom);
    approve(vendor, [entry]);
  };
  build('Radiology Viewer', '4.2.1', 200 * day, ['studies:read', 'reports:read', 'reports:write']);
  build('Ward Round', '2.0.0', 12 * day, ['patients:read']);
  build('Bed Planner', '1.9.3', 2 * day, []);
  build('<img src=x onerror=alert(1)>', '1.0.0', 90 * day, ['orders:read']);
  const verifier = start(site);
  verifier.load(nextBundle(site));
  verifier.close();
  return site;
}

let site: Site;
let program: string;
let sidecar: Running;
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  site = busySite();
  program = installed(site);
  sidecar = await startSidecar(site, ['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'], program);
  const args = [
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    '--no-sandbox',
  ];
  browser = await chromium.launch({ executablePath: browserForTests(), args });
  context = await browser.newContext();
  page = await context.newPage();
});
afterAll(async () => {
  await browser.close();
  await sidecar[Symbol.asyncDispose]();
});

const ask = (request: Parameters<typeof questionOf>[0]): Promise<Answer> =>
  send(sidecar.ports.check, questionOf(request));
const get = async (path: string, method = 'GET', host = '127.0.0.1'): Promise<Answer> => {
  const request = { method, target: path, headers: [['Host', host]] as const };
  const text = await exchange(sidecar.ports.status, headOf(request));
  const [answer] = parseAnswers(method === 'HEAD' ? text.replace(/content-length: .*\r\n/i, '') : text);
  if (answer === undefined) throw new Error(text);
  return answer;
};
const home = (): string => `http://127.0.0.1:${String(sidecar.ports.status)}/`;
const told = async (): Promise<Record<string, unknown>> =>
  JSON.parse((await get('/status.json')).body) as Record<string, unknown>;

describe('The status page', () => {
  test('says what is admitted, until when, and what ends soon', async () => {
    expect((await ask(signNow(site))).status).toBe(200);
    await page.goto(home());
    await page.getByRole('heading', { name: 'Approved apps are admitted' }).waitFor();
    const rows = page.getByRole('region', { name: 'Admitted apps' }).getByRole('row');
    expect(await rows.allInnerTexts()).toHaveLength(6);
    expect(await rows.nth(1).innerText()).toContain('Bed Planner 1.9.3');
    expect(await rows.filter({ hasText: 'Orders 1.0.0' }).innerText()).toMatch(/\b1\s+last \d\d:/);
    const todo = page.locator('ul.todo').first();
    expect(await todo.innerText()).toMatch(/Bed Planner 1\.9\.3 .* ends on/);
  });

  test('says who was refused and why, and what to do, and names no one whom nothing has proven without saying so', async () => {
    await ask({ method: 'GET', target: '/orders/7?patient=Miller', headers: [] });
    await ask({
      method: 'GET',
      target: '/orders/7?patient=Smith',
      headers: [['Authorization', 'Bearer SECRET']],
    });
    await ask(signNow(site, { key: makeKey() }));
    await ask({ ...signNow(site), target: '/other' });
    await exchange(sidecar.ports.check, 'NONSENSE\r\n\r\n');
    await page.goto(home());
    const list = page.getByRole('region', { name: 'Refused of late' });
    const text = await list.innerText();
    for (const code of ['proof_missing', 'app_not_approved', 'signature_invalid'])
      expect(text).toContain(code);
    expect(text).toContain('by its own word');
    expect(text).toMatch(/Who can fix it: /);
    expect(text).toContain('2 times');
    expect(await page.content()).not.toMatch(/Miller|Smith|SECRET/);
    await list.getByRole('link', { name: 'signature_invalid' }).click();
    await page.getByRole('heading', { name: 'signature_invalid' }).waitFor();
    expect(await page.locator('article').innerText()).toMatch(/Who can fix it/);
  });

  test('shows names as text, whatever they are', async () => {
    await page.goto(home());
    await page.getByText('<img src=x onerror=alert(1)> 1.0.0').waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });

  test('asks nobody else, and obeys a policy that allows its own style alone', async () => {
    const asked: string[] = [];
    const broken: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => broken.push(message.text()));
    await page.goto(home());
    expect(asked.filter((url) => !url.endsWith('/favicon.ico'))).toEqual([home()]);
    expect(broken.filter((text) => /Content.Security.Policy/i.test(text))).toEqual([]);
    expect(await page.evaluate('getComputedStyle(document.body).margin')).toBe('0px');
    const { headers } = await get('/');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 360],
    ['dark', 360],
  ] as const)('can be read by everybody: %s, %d pixels wide', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    for (const path of ['', 'codes/proof_missing']) {
      await page.goto(home() + path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual(
        [],
      );
      const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(over)).toBe(0);
    }
  });
});

describe('Beside the page', () => {
  test('programs read the same as JSON, and Prometheus its metrics', async () => {
    await ask(signNow(site));
    await ask({ method: 'GET', target: '/orders/8', headers: [] });
    const status = await told();
    expect(status).toMatchObject({
      type: 'appwarrant/sidecar-status/1',
      origin: site.origin,
      deployment: site.deployment,
      problem: null,
    });
    expect(status.builds).toHaveLength(5);
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(metrics.body).toMatch(/^appwarrant_admitted_total\{[^}]*app="orders"[^}]*\} [1-9]\d*$/m);
    expect(metrics.body).toMatch(/^appwarrant_refused_total\{[^}]*proof_missing[^}]*\} [1-9]\d*$/m);
  });

  test('it is for reading, from this machine’s own names, and nothing else is there', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await get('/', method)).status).toBe(405);
    expect((await get('/', 'HEAD')).status).toBe(200);
    for (const host of ['evil.example', '127.0.0.1.evil.example', '127.0.0.1@evil.example', '10.0.0.1'])
      expect((await get('/', 'GET', host)).status, host).toBe(421);
    for (const host of ['localhost:9090', '[::1]:9090', '127.0.0.1'])
      expect((await get('/healthz', 'GET', host)).status).toBe(200);
    for (const path of ['/x', '/codes/', '/codes/../anchor', '/codes/nothing_such', '/codes/%2e%2e', '//'])
      expect((await get(path)).status, path).toBe(404);
  });

  test('it is healthy while it runs, and ready while apps are admitted', async () => {
    expect([(await get('/healthz')).status, (await get('/readyz')).status]).toEqual([200, 200]);
    const bare = loadedSite();
    const folder = lastingFolder();
    await using empty = await startSidecar(
      { ...bare, folder },
      ['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'],
      installed(bare),
    );
    const at = (path: string): Promise<string> =>
      exchange(empty.ports.status, headOf({ method: 'GET', target: path, headers: [['Host', 'localhost']] }));
    const [ready] = parseAnswers(await at('/readyz'));
    expect([ready?.status, ready?.body]).toEqual([503, 'not_activated\n']);
    expect(parseAnswers(await at('/healthz'))[0]?.status).toBe(200);
    const [shown] = parseAnswers(await at('/'));
    expect(shown?.body).toContain('No app is admitted');
    expect((await empty.line('ready')).problem).toBe('not_activated');
  });

  test('what load loads is in force within seconds, and shown', async () => {
    const own = loadedSite();
    const folder = installed(own);
    await using following = await startSidecar(
      own,
      ['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'],
      folder,
    );
    const key = makeAppKey();
    const asked = async (): Promise<number> =>
      (await send(following.ports.check, questionOf(signNow(own, { key })))).status;
    expect(await asked()).toBe(403);
    approve(own.vendor, [addEntry(own.vendor, entryCustom(own.vendor, key))]);
    const file = bundleFile(own, nextBundle(own));
    const loaded = runProgram(folder, ['load', file, '--state', own.folder, '--origin', own.origin]);
    expect(loaded.stderr).toBe('');
    // Nobody asks for anything meanwhile but how things stand.
    const request = headOf({ method: 'GET', target: '/status.json', headers: [['Host', 'localhost']] });
    const status = async (): Promise<{
      allowlist: { versions: { timestamp: number } };
      builds: unknown[];
    }> => {
      const [answer] = parseAnswers(await exchange(following.ports.status, request));
      return JSON.parse(answer?.body ?? '') as Awaited<ReturnType<typeof status>>;
    };
    while ((await status()).allowlist.versions.timestamp !== 2)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await status()).builds).toHaveLength(2);
    expect(await asked()).toBe(200);
  });
});

test('What is stored and cannot be read is told of, while what was loaded before is in force', async () => {
  const own = loadedSite();
  await using running = await startSidecar(
    own,
    ['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'],
    installed(own),
  );
  const tell = async (target: string): Promise<string> => {
    const request = headOf({ method: 'GET', target, headers: [['Host', 'localhost']] });
    return parseAnswers(await exchange(running.ports.status, request))[0]?.body ?? '';
  };
  expect(await tell('/')).toContain('Orders');
  // Nobody can read a folder as a file, root neither.
  renameSync(join(own.folder, 'bundle'), join(own.folder, 'aside'));
  mkdirSync(join(own.folder, 'bundle'));
  const shown = await tell('/');
  expect(shown).toContain('cannot be shown: what is stored here cannot be read');
  expect(shown).toContain('EISDIR');
  expect(shown).not.toContain('all is in order');
  expect(await tell('/readyz')).toBe('ok\n');
});
