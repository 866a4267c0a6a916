// Takes the pictures of the sidecar's status page, with apps and refusals of a day's kind, into docs/images.
// `node --conditions=appwarrant-source verifier/test/sidecar/screenshots.ts [folder]`

import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { browserForTests } from '../../../.ci/browser.ts';
import { installPackage, makeSiteOnDisk } from '../../bench/site-on-disk.ts';
import { timeOf } from '../../src/formats.ts';
import { anchorIn } from '../../src/installed-anchor.ts';
import { openVerifierFor } from '../../src/open-verifier.ts';
import { addEntry, approve, entryCustom, makeAppKey, makeId, type AppKey } from '../compose/vendor.ts';
import { signRequest } from '../http/sign.ts';
import { send } from '../http/socket.ts';
import { questionOf } from './questions.ts';

const root = join(import.meta.dirname, '../../..');
const folder = process.argv[2] ?? join(root, 'docs/images');
const day = 86_400;

const site = makeSiteOnDisk();
const { vendor, origin, deployment } = site;
const apps = [
  ['Radiology Viewer', 'Northlight Imaging', '4.2.1', 200, ['reports:read', 'reports:write', 'studies:read']],
  ['Ward Round', 'Station Eight', '2.0.0', 12, ['patients:read']],
  ['Bed Planner', 'Station Eight', '1.9.3', 2, ['beds:read', 'beds:write']],
  ['Lab Bridge', 'Helix Systems', '7.1.0', 318, ['results:write']],
] as const;
const keyOf = new Map<string, AppKey>();
for (const [name, partner, version, left, capabilities] of apps) {
  const key = makeAppKey();
  keyOf.set(name, key);
  const custom = entryCustom(vendor, key, {
    partner: { id: makeId('p'), name: partner },
    app: { id: name.toLowerCase().replaceAll(' ', '-'), name },
    build: { id: makeId('b'), version, platform: 'server' },
    capabilities: [...capabilities],
    expires: timeOf(vendor.now + left * day),
  });
  approve(vendor, [addEntry(vendor, custom)]);
}
const program = installPackage(site);
cpSync(join(root, 'docs/codes'), join(dirname(dirname(program)), 'dist/codes'), { recursive: true });
const anchor = anchorIn(Buffer.from(JSON.stringify({ type: 'appwarrant/anchor/1', anchor: site.anchor() })));
const verifier = openVerifierFor(anchor, { stateDir: site.folder, origin, log: () => undefined });
verifier.load(site.bundle());
verifier.close();

const serve = ['serve', '--state', site.folder, '--origin', origin];
const listen = ['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'];
const child = spawn(process.execPath, [program, ...serve, ...listen], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const browser = await chromium.launch({ executablePath: browserForTests(), args: ['--no-sandbox'] });
try {
  const ready = await new Promise<{ readonly check: string; readonly statusPage: string }>(
    (resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`serve ended with ${String(code)}.`)));
      createInterface(child.stdout).on('line', (line) => {
        const told = JSON.parse(line) as { event: string; check: string; statusPage: string };
        if (told.event === 'ready') resolve(told);
      });
    },
  );
  const port = Number(/:(\d+)\/?$/.exec(ready.check)?.[1]);
  const now = (): number => Math.floor(Date.now() / 1000);
  const signed = (key: AppKey, target: string) =>
    signRequest({ key, origin, deployment, created: now(), target });
  for (const [name, times] of [
    ['Radiology Viewer', 14],
    ['Ward Round', 9],
    ['Lab Bridge', 5],
  ] as const)
    for (let i = 0; i < times; i += 1)
      await send(port, questionOf(signed(keyOf.get(name) ?? site.key, `/orders?page=${String(i)}`)));
  const again = signed(keyOf.get('Ward Round') ?? site.key, '/patients/7');
  await send(port, questionOf(again));
  await send(port, questionOf(again));
  await send(port, questionOf(signed(makeAppKey(), '/orders')));
  for (let i = 0; i < 3; i += 1)
    await send(port, questionOf({ method: 'GET', target: '/orders', headers: [] }));

  for (const look of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      colorScheme: look,
      viewport: { width: 1200, height: 900 },
      deviceScaleFactor: 1,
    });
    const page = await context.newPage();
    await page.goto(ready.statusPage);
    await page.getByRole('heading', { name: 'Approved apps are admitted' }).waitFor();
    await page.screenshot({ path: join(folder, `status-page-${look}.png`), fullPage: true });
    await context.close();
  }
} finally {
  await browser.close();
  child.kill();
  site.remove();
}
