import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { build } from '../../../.ci/build.ts';
import type { VerifierPackage } from '../../src/api-types.ts';
import { startTestPortal, type TestPortal } from '../test-portal.ts';

let portal: TestPortal;
let home: string;
let made: VerifierPackage;

beforeAll(async () => {
  await build(['verifier']);
  portal = await startTestPortal();
  const { client } = await portal.admin();
  made = await client.post<VerifierPackage>('/api/v1/verifier-package');
  const { bytes } = await client.send({ method: 'GET', path: '/api/v1/verifier-package/file' });
  home = mkdtempSync(join(tmpdir(), 'appwarrant-customer-'));
  writeFileSync(join(home, made.file), bytes);
}, 240_000);
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await portal.close();
});

function run(program: string, ...args: string[]): SpawnSyncReturns<string> {
  const npm = { npm_config_offline: 'true', npm_config_cache: join(home, 'cache') };
  return spawnSync(program, args, {
    cwd: join(home, 'server'),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...npm },
  });
}

test('what the portal hands out is installed from the file alone, and knows its registry', () => {
  mkdirSync(join(home, 'server'));
  expect(run('npm', 'install', join(home, made.file))).toMatchObject({ status: 0 });
  expect(existsSync(join(home, 'server/node_modules/acme-verifier/dist/install/README.md'))).toBe(true);
  const file = join(home, 'acme-verifier.mjs');
  const single = run('npx', 'acme-verifier', 'single-file', file, '--json');
  const { registry } = portal.context.repository;
  expect(JSON.parse(single.stdout)).toMatchObject({ registry, version: made.version, file });
  // Unpacked without npm, the same file comes out.
  expect(run('tar', '-xzf', join(home, made.file))).toMatchObject({ status: 0 });
  const again = join(home, 'again.mjs');
  expect(run(process.execPath, 'package/dist/cli.mjs', 'single-file', again)).toMatchObject({ status: 0 });
  expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
  const activated = run(process.execPath, file, 'activate', '--state', join(home, 'state'));
  expect(activated.stdout).toMatch(/^[\w-]{43}\n$/u);
  const status = ['status', '--state', join(home, 'state'), '--origin', 'http://localhost:1', '--json'];
  expect(JSON.parse(run(process.execPath, file, ...status).stdout)).toMatchObject({
    registry,
    problem: { code: 'no_bundle' },
  });
});
