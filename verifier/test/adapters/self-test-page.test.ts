import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { blocksOf, readPage } from '../install/page.ts';
import { installPacked } from '../state/installed-package.ts';
import { makeSite, temporaryFolder } from '../state/site.ts';

// What the page of the self-test says, with the vendor's package as customers have it.

const modules = join(import.meta.dirname, '../../../node_modules');
const blocks = blocksOf(readPage('adapters/self-test.md'));

beforeAll(() => build(['verifier']), 120_000);

/** A folder with the page's modules, the state folder and the port apart. */
function installPage() {
  const site = makeSite({}, 'https://orders.example.com');
  const home = temporaryFolder();
  const program = installPacked(site.vendor, home);
  for (const name of ['koa', '@koa/router']) {
    const link = join(home, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(modules, name), link, 'junction');
  }
  for (const { language, about, text } of blocks) {
    if (language !== 'js') continue;
    const own = text.replace('/var/lib/acme-verifier', site.folder).replace('listen(8700', 'listen(0');
    writeFileSync(join(home, about), own);
  }
  const run = (...args: string[]) =>
    spawnSync(process.execPath, args, { cwd: home, env: {}, encoding: 'utf8', timeout: 60_000 });
  return { home, program, run };
}

test('The command says what the page shows', () => {
  const { program, run } = installPage();
  const shown = blocks.find(({ language }) => language === 'text')?.text;
  const looked = run(program, 'self-test', 'routes.mjs');
  expect([looked.status, looked.stderr]).toEqual([1, '']);
  expect(looked.stdout).toBe(shown);
  expect(run(program, 'self-test', 'routes.mjs', '--except', 'middleware 1 (logRequests)').status).toBe(0);
});

test('The server starts as the page has it, and not with a route before protect()', () => {
  const { home, run } = installPage();
  const app = blocks.find(({ about }) => about === 'app.mjs')?.text ?? '';
  // Signals end it: a start is all that is asked for.
  const ending = "console.log('started'); process.exit();";
  const server = blocks.find(({ about }) => about === 'server.mjs')?.text ?? '';
  const state = join(home, 'state');
  const text = server.replace('/var/lib/acme-verifier', state);
  writeFileSync(join(home, 'server.mjs'), text.replace(/const server = [^]*/, ending));
  expect(run('server.mjs').stdout).toContain('started');
  writeFileSync(
    join(home, 'app.mjs'),
    app.replace('  app.use(protect(', '  app.use(router.routes());\n  app.use(protect('),
  );
  const refused = run('server.mjs');
  expect(refused.status).toBe(1);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toContain('GET /orders: not protected.');
});
