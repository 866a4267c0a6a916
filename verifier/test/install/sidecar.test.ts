import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { temporaryFolder } from '../state/site.ts';
import { freePort } from '../sidecar/real-proxies.ts';
import { answers, serveAnything } from './loopback.ts';
import { blocksOf, pathWith, readPage, run, startBlock, type Block } from './page.ts';
import { askAs } from './partner-app.ts';
import { bundleFor, packFor, prepare } from './vendor-file.ts';

// The page docs/install/sidecar.md, command by command: one file in an empty folder, before a server that knows nothing of it.

beforeAll(() => build(['verifier']), 300_000);

test('the page for the single file leads from nothing to the first admitted request', async () => {
  const home = temporaryFolder();
  const cwd = join(home, 'here');
  mkdirSync(cwd);
  const prepared = prepare();
  const origin = 'https://orders.example.com';
  packFor(prepared.vendor, cwd);
  await using upstream = await serveAnything();
  const port = await freePort();
  const here = (text: string) =>
    text
      .replaceAll('/var/lib/acme-verifier', join(home, 'state'))
      .replaceAll('/usr/local', join(home, 'usr'))
      .replaceAll('sudo -u acme-verifier ', '')
      .replaceAll(/^ *useradd .*\n/gm, '')
      .replaceAll('-o acme-verifier -g acme-verifier ', '')
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${String(port)}`)
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${String(upstream.port)}`);
  const named = { PATH: pathWith(join(home, 'usr/bin')) };
  const all = blocksOf(here(readPage('install/sidecar.md')));
  const [make, install, folder, activate, load, start, refused, doctor, ...more] = all as Blocks;
  expect(more).toEqual([]);

  expect(await run(make.text, cwd)).toMatchObject({ status: 0, stderr: '' });
  mkdirSync(join(home, 'usr/bin'), { recursive: true });
  expect(await run(install.text, cwd)).toMatchObject({ status: 0, stderr: '' });
  // One file is all that is left of what the vendor sent.
  rmSync(cwd, { recursive: true });
  mkdirSync(cwd);
  expect(readdirSync(join(home, 'usr/lib/acme-verifier'))).toEqual(['acme-verifier.mjs']);

  expect(await run(folder.text, cwd)).toMatchObject({ status: 0, stderr: '' });
  const activated = await run(activate.text, cwd, named);
  expect(activated.stdout).toMatch(/^[\w-]{43}\n$/);
  const deployment = activated.stdout.trim();
  writeFileSync(join(cwd, 'acme.bundle'), bundleFor(prepared, deployment, origin));
  const loaded = await run(load.text, cwd, named);
  expect(loaded).toMatchObject({ status: 0, stderr: '' });
  expect(loaded.stdout).toContain('1 build, 1 partner');

  await using serving = await startBlock(start.text, cwd, () => answers(port), named);
  expect((await run(refused.text, cwd)).stdout).toMatch(/^HTTP\/1\.1 401 [^]*"proof_missing"/);
  expect(upstream.reached.map(({ url }) => url)).not.toContain('/orders');
  const asked = await askAs({ key: prepared.key, origin, deployment, target: '/orders' }, port);
  expect(asked).toMatchObject({ status: 200, body: 'It serves /orders\n' });
  const { headers } = upstream.reached.at(-1) ?? {};
  expect(headers).toMatchObject({ 'appwarrant-verdict': 'app', 'appwarrant-app': 'orders' });
  expect(await run(doctor.text, cwd, named)).toMatchObject({ status: 0 });
  expect(await serving.stop()).toBe(0);
}, 300_000);

type Blocks = [Block, Block, Block, Block, Block, Block, Block, Block, ...Block[]];
