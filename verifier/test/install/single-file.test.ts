import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { installOlderNodes, olderNode } from '../../../.ci/older-nodes.ts';
import { anchorOf, createVendor } from '../compose/vendor.ts';
import { installPacked } from '../state/installed-package.ts';
import { temporaryFolder } from '../state/site.ts';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { readModule } from '../surface/read-module.ts';
import { freePort } from '../sidecar/real-proxies.ts';
import { answers, serveAnything } from './loopback.ts';
import { startBlock } from './page.ts';
import { askAs } from './partner-app.ts';
import { bundleFor, prepare, type Prepared } from './vendor-file.ts';

const options = { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } } as const;
type Run = SpawnSyncReturns<string>;

/** Runs a program's file, in a folder and with variables of the environment. */
function node(file: string, args: readonly string[], cwd?: string, env: Record<string, string> = {}): Run {
  const more = { ...options, env: { ...options.env, ...env }, ...(cwd !== undefined && { cwd }) };
  return spawnSync(process.execPath, [file, ...args], more);
}

/** Where a vendor's package is installed, its single file lies in a folder of its own, and a deployment was activated. */
let home: string;
let prepared: Prepared;
let program: string;
let folder: string;
let file: string;
let made: Run;
let state: string;
let bundle: string;
let deployment: string;
const origin = 'https://orders.example.com';
beforeAll(async () => {
  await build(['verifier']);
  home = mkdtempSync(join(tmpdir(), 'appwarrant-single-'));
  prepared = prepare();
  program = installPacked(prepared.vendor, home);
  folder = join(home, 'alone');
  mkdirSync(folder);
  file = join(folder, 'acme-verifier.mjs');
  made = node(program, ['single-file', file]);
  state = join(home, 'state');
  deployment = node(program, ['activate', '--state', state]).stdout.trim();
  bundle = join(home, 'acme.bundle');
  writeFileSync(bundle, bundleFor(prepared, deployment, origin));
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A state folder as `activate` left it, for each who loads. */
function freshState(): string {
  const fresh = join(temporaryFolder(), 'state');
  cpSync(state, fresh, { recursive: true });
  return fresh;
}

/** An installed package of the vendor's that may be damaged. */
function anotherPackage(): string {
  const copy = temporaryFolder();
  cpSync(join(program, '../..'), copy, { recursive: true });
  return join(copy, 'dist', 'cli.mjs');
}

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('The single file', () => {
  test('activates, loads, and tells where the server stands, alone in its folder', () => {
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(made.stdout).toContain(digestOf(file));
    expect(made.stdout).toContain(prepared.vendor.registry);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(node(file, ['activate', '--state', 'other'], folder).stdout).toMatch(/^[\w-]{43}\n$/);

    const at = ['--state', freshState(), '--origin', origin];
    expect(node(file, ['load', bundle, ...at], folder)).toMatchObject({ status: 0, stderr: '' });
    const status = node(file, ['status', ...at], folder);
    expect(status.stdout).toMatch(/^Acme verifier 1\.0\.0 · allowlist 1, .* 1 build, 1 partner\n/);
    expect(node(file, ['--version'], folder).stdout).toBe('1.0.0\n');
    expect(node(file, ['--help'], folder).stdout).toContain('  acme-verifier activate');
  });

  test('brings the page of every code, and names no file that is not there', () => {
    const pages = readdirSync(join(program, '../codes'));
    expect(pages.length).toBeGreaterThan(200);
    const shown = node(file, ['help', 'clock_behind', '--json'], folder);
    const { text } = JSON.parse(shown.stdout) as { text: string };
    expect(text).toBe(readFileSync(join(program, '../codes/clock_behind.md'), 'utf8'));
    expect(node(file, ['help', '../anchor'], folder).status).toBe(2);
    const refused = node(file, ['load', 'x', '--state', 'none', '--origin', 'http://localhost:1'], folder);
    expect(refused.stderr).toMatch(/More: acme-verifier help not_activated$/m);
  });

  test('has the same bytes whoever makes it of the same package, and makes itself', () => {
    const missing = installOlderNodes();
    const digests = new Set([digestOf(file)]);
    const nodes =
      missing === undefined ? [olderNode(20), olderNode(22), process.execPath] : [process.execPath];
    for (const [at, binary] of nodes.entries()) {
      const again = join(folder, `again-${String(at)}.mjs`);
      expect(spawnSync(binary, [program, 'single-file', again], options)).toMatchObject({
        status: 0,
        stderr: '',
      });
      digests.add(digestOf(again));
      const copy = join(folder, `copy-${String(at)}.mjs`);
      expect(spawnSync(binary, [file, 'single-file', copy], options)).toMatchObject({
        status: 0,
        stderr: '',
      });
      digests.add(digestOf(copy));
    }
    expect(digests.size).toBe(1);
  });

  test.for([20, 22, 24] as const)('runs under Node %d', async (major, { skip }) => {
    const missing = installOlderNodes();
    if (major < 24 && missing !== undefined) skip(missing);
    const binary = major === 24 ? process.execPath : olderNode(major);
    const at = ['--state', freshState(), '--origin', origin];
    const run = spawnSync(binary, [file, 'load', bundle, ...at], { ...options, cwd: folder });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    await using upstream = await serveAnything();
    const listen = `127.0.0.1:${String(await freePort())}`;
    const serve = ['serve', '--listen', listen, '--upstream', `http://127.0.0.1:${String(upstream.port)}`];
    const line = [binary, file, ...serve, '--exempt', '/healthz', ...at].join(' ');
    const port = Number(listen.split(':')[1]);
    await using serving = await startBlock(line, folder, () => answers(port));
    const app = { key: prepared.key, origin, deployment, target: '/orders' };
    expect(await askAs(app, port)).toMatchObject({ status: 200 });
    expect(await serving.stop()).toBe(0);
  });

  test('imports modules of Node and nothing else', () => {
    const { imports } = readModule(file, readFileSync(file, 'utf8'));
    expect(imports.filter((name) => !isBuiltin(name))).toEqual([]);
    expect(readFileSync(file, 'utf8')).not.toMatch(/new Worker\(new URL|import\.meta\.resolve/);
  });

  test('is not written over a file that is there', () => {
    const mine = join(temporaryFolder(), 'mine');
    writeFileSync(mine, 'mine');
    const run = node(program, ['single-file', mine]);
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toContain('it is there already');
    expect(readFileSync(mine, 'utf8')).toBe('mine');
  });

  test('is made by a whole, built package of a vendor only', () => {
    const out = join(temporaryFolder(), 'out.mjs');
    const fromSources = runProgram(makePackage(prepared.vendor), ['single-file', out]);
    expect(fromSources.stderr).toContain('is made by an installed package');
    const damaged = anotherPackage();
    rmSync(join(damaged, '../codes'), { recursive: true });
    expect(node(damaged, ['single-file', out]).stderr).toContain('The installed package is not whole');
    writeFileSync(join(damaged, '../../anchor.json'), '{"type":"appwarrant/anchor/1","anchor":null}');
    expect(node(damaged, ['single-file', out]).stderr).toMatch(/^no_trust_anchor: /);
    expect(existsSync(out)).toBe(false);
  });

  test('carries texts, whatever they say: none becomes code', () => {
    const name = '"`\\${process.exit(7)}\\u0022</script>*/ Acme';
    const odd = anotherPackage();
    const anchorFile = join(odd, '../../anchor.json');
    const { type, anchor } = JSON.parse(readFileSync(anchorFile, 'utf8')) as { type: string; anchor: object };
    writeFileSync(
      anchorFile,
      JSON.stringify({ type, anchor: { ...anchor, vendor: { name, slug: 'acme' } } }),
    );
    const out = join(temporaryFolder(), 'acme-verifier.mjs');
    expect(node(odd, ['single-file', out])).toMatchObject({ status: 0 });
    const status = node(out, ['status', '--state', freshState(), '--origin', origin, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ vendor: name, registry: prepared.vendor.registry });
  });
});

describe('No other anchor is read where the owner', () => {
  /** What its neighbours would say: the anchor of another vendor, who has a bundle and an app of his own. */
  function otherFiles(folder: string): void {
    const anchor = anchorOf(createVendor());
    for (const place of ['', 'dist']) {
      mkdirSync(join(folder, place), { recursive: true });
      writeFileSync(
        join(folder, place, 'anchor.json'),
        JSON.stringify({ type: 'appwarrant/anchor/1', anchor }),
      );
      writeFileSync(join(folder, place, 'package.json'), '{"name":"x","version":"9.9.9","bin":{"x":"x"}}');
    }
  }
  const registryBy = (run: Run): unknown => (JSON.parse(run.stdout) as { registry: unknown }).registry;
  const links = { NODE_PRESERVE_SYMLINKS: '1', NODE_PRESERVE_SYMLINKS_MAIN: '1' };

  test('puts another anchor beside a single file, above it, or where it is started', () => {
    const top = temporaryFolder();
    const deep = join(top, 'opt', 'lib');
    mkdirSync(deep, { recursive: true });
    for (const place of [top, join(top, 'opt'), deep]) otherFiles(place);
    cpSync(file, join(deep, 'acme-verifier.mjs'));
    symlinkSync(join(deep, 'acme-verifier.mjs'), join(top, 'opt', 'acme-verifier'));
    const at = ['status', '--state', state, '--origin', origin, '--json'];
    for (const path of [join(deep, 'acme-verifier.mjs'), join(top, 'opt', 'acme-verifier')]) {
      for (const env of [{}, { APPWARRANT_ANCHOR: join(top, 'anchor.json') }]) {
        const run = node(path, at, deep, env);
        expect(registryBy(run)).toBe(prepared.vendor.registry);
        expect(run.stdout).toContain('"version": "1.0.0"');
      }
    }
    const kept = node(join(deep, 'acme-verifier.mjs'), at, deep, links);
    expect(registryBy(kept)).toBe(prepared.vendor.registry);
  });

  test('has Node leave links as they are, and lays another anchor beside one that leads to the program', () => {
    const bin = join(home, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    symlinkSync(program, join(bin, 'acme-verifier.mjs'));
    otherFiles(join(home, 'node_modules'));
    const at = ['status', '--state', state, '--origin', origin, '--json'];
    const run = node(join(bin, 'acme-verifier.mjs'), at, home, links);
    expect(registryBy(run)).toBe(prepared.vendor.registry);
  });
});
