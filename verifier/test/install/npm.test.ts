import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { temporaryFolder } from '../state/site.ts';
import { freePort } from '../sidecar/real-proxies.ts';
import { answers } from './loopback.ts';
import { blocksOf, linksOf, readPage, run, startBlock, type Block } from './page.ts';
import { askAs } from './partner-app.ts';
import { bundleFor, packFor, prepare } from './vendor-file.ts';

// The page docs/install/npm.md, command by command, in an empty folder and without a network.

beforeAll(() => build(['verifier']), 300_000);

test('the page for the npm tarball leads from nothing to the first admitted request', async () => {
  const home = temporaryFolder();
  const project = join(home, 'server');
  mkdirSync(project);
  const prepared = prepare();
  const origin = 'https://orders.example.com';
  expect(packFor(prepared.vendor, project)).toBe('acme-verifier-1.0.0.tgz');
  const port = await freePort();
  const here = (text: string) =>
    text
      .replaceAll('/var/lib/acme-verifier', join(home, 'state'))
      .replaceAll('-o orders -g orders ', '')
      .replaceAll('8080', String(port));
  const cache = { npm_config_cache: join(home, 'cache') };
  const all = blocksOf(here(readPage('install/npm.md')));
  const [digest, folder, activate, load, server, start, refused, doctor, ...more] = all as Blocks;
  expect(more).toEqual([]);

  expect(await run(digest.text, project, cache)).toMatchObject({ status: 0 });
  expect(await run(folder.text, project)).toMatchObject({ status: 0, stderr: '' });
  const activated = await run(activate.text, project, cache);
  expect(activated.stdout).toMatch(/^[\w-]{43}\n$/);
  const deployment = activated.stdout.trim();
  writeFileSync(join(project, 'acme.bundle'), bundleFor(prepared, deployment, origin));
  const loaded = await run(load.text, project, cache);
  expect(loaded).toMatchObject({ status: 0, stderr: '' });
  expect(loaded.stdout).toContain('1 build, 1 partner');
  writeFileSync(join(project, server.about), server.text);

  await using serving = await startBlock(start.text, project, () => answers(port));
  expect(serving.written()).toMatch(/^Acme verifier 1\.0\.0 · allowlist 1,/);
  expect((await run(refused.text, project)).stdout).toMatch(/^HTTP\/1\.1 401 [^]*"proof_missing"/);
  const asked = await askAs({ key: prepared.key, origin, deployment, target: '/orders' }, port);
  expect(asked).toMatchObject({ status: 200 });
  expect(asked.body).toMatch(/^Orders for /);
  expect(await run(doctor.text, project, cache)).toMatchObject({ status: 0 });
  expect(await serving.stop()).toBe(0);
  // The pages came along, and find each other there.
  const dist = join(project, 'node_modules/acme-verifier/dist');
  for (const name of ['install/README.md', 'install/npm.md', 'operating/upgrade.md', 'operating/backup.md']) {
    const page = readFileSync(join(dist, name), 'utf8');
    expect(page).toBe(readPage(name));
    const links = linksOf(page).map((link) => join(dist, dirname(name), link));
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  }
  const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as object;
  expect(manifest).toMatchObject({ dependencies: { 'acme-verifier': 'file:acme-verifier-1.0.0.tgz' } });
}, 300_000);

type Blocks = [Block, Block, Block, Block, Block, Block, Block, Block, ...Block[]];
