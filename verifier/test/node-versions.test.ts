import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from '../../.ci/build.ts';
import { installOlderNodes, olderNode } from '../../.ci/older-nodes.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { signRequest } from './http/sign.ts';
import { installPacked } from './state/installed-package.ts';
import { makeSite, nextBundle, type Site } from './state/site.ts';

const FOLDER = join(import.meta.dirname, 'node-versions');
const ROOT = join(import.meta.dirname, '../..');

let missing: string | undefined;
/** Where the packed verifier of a vendor is installed, with a bundle beside it, and the key of the deployment that it is for. */
let home: string;
let site: Site;
let program: string;
beforeAll(async () => {
  await build(['verifier', 'sdk']);
  missing = installOlderNodes();
  home = mkdtempSync(join(tmpdir(), 'appwarrant-versions-'));
  site = makeSite();
  program = installPacked(site.vendor, home);
  writeFileSync(join(home, 'bundle'), nextBundle(site));
  cpSync(join(site.folder, 'deployment-key.pem'), join(home, 'deployment-key.pem'));
  cpSync(join(FOLDER, 'use.mjs'), join(home, 'use.mjs'));
}, 300_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

type Major = 20 | 22 | 24;

function run(major: Major, args: readonly string[], cwd?: string): SpawnSyncReturns<string> {
  const binary = major === 24 ? process.execPath : olderNode(major);
  return spawnSync(binary, args, { encoding: 'utf8', ...(cwd !== undefined && { cwd }) });
}

/** A state folder as `activate` left it: the deployment's key, and nothing loaded yet. */
function stateFolder(name: string): string {
  const folder = join(home, name);
  mkdirSync(folder);
  cpSync(join(home, 'deployment-key.pem'), join(folder, 'deployment-key.pem'));
  return folder;
}

function signed(changes: Partial<RequestToCheck> = {}) {
  const { key, deployment, origin } = site;
  const created = Math.floor(Date.now() / 1000);
  const headers = [['Content-Type', 'application/json']] as const;
  const to = { key, deployment, origin, created, headers, method: 'POST', body: '{"item":"rope"}' };
  const { body, ...request } = { ...signRequest(to), ...changes };
  return { ...request, body: Buffer.from(body ?? []).toString('base64') };
}

/** An upload; `altered` in its last byte after it was signed. */
function upload(altered: boolean) {
  const { key, deployment, origin } = site;
  const created = Math.floor(Date.now() / 1000);
  const body = Buffer.alloc(300_000, 'scan');
  const request = signRequest({
    key,
    deployment,
    origin,
    created,
    method: 'POST',
    target: '/uploads/a',
    body,
  });
  if (altered) body.writeUInt8(0, body.length - 1);
  return { ...request, body: body.toString('base64') };
}

describe.each([20, 22, 24] as const)('under Node %d', (major) => {
  it.for(['verifier', 'sdk'])('%s loads, the same as ES module and as CommonJS', (name, { skip }) => {
    if (major < 24 && missing !== undefined) skip(missing);
    const { status, stdout, stderr } = run(major, [join(FOLDER, 'smoke.mjs'), join(ROOT, name)]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as {
      node: string;
      entries: Record<string, { esm: string[]; cjs: string[] }>;
    };
    expect(Number(report.node.split('.')[0])).toBe(major);
    for (const { esm, cjs } of Object.values(report.entries)) {
      expect(esm.length).toBeGreaterThan(0);
      expect(cjs).toEqual(esm);
    }
  });

  it('the packed verifier loads a bundle, admits, refuses and remembers, as ES module and as CommonJS', ({
    skip,
  }) => {
    if (major < 24 && missing !== undefined) skip(missing);
    const usedBy = (way: string) => ({
      stateDir: stateFolder(`${way}-${major}`),
      signed: signed(),
      changed: signed({ target: '/orders?open=2' }),
      streamed: upload(false),
      altered: upload(true),
    });
    const given = { origin: site.origin, bundle: 'bundle', esm: usedBy('esm'), cjs: usedBy('cjs') };
    writeFileSync(join(home, 'site.json'), JSON.stringify(given));
    const { stdout, stderr } = run(major, ['use.mjs', 'site.json'], home);
    expect(stderr).toBe('');
    const expected = {
      before: 'no_bundle',
      admitted: 'app',
      refused: 'signature_invalid',
      adapters: ['function', 'function'],
      streams: [
        { status: 200, code: null, ended: [300_000] },
        { status: 401, code: 'digest_mismatch', ended: [] },
      ],
      again: 'replayed',
      lines: [
        expect.stringContaining('Acme verifier'),
        expect.stringContaining('1 build, 1 partner'),
      ] as unknown,
    };
    const { node, ...report } = JSON.parse(stdout) as { node: string };
    expect(Number(node.split('.')[0])).toBe(major);
    expect(report).toEqual({ esm: expected, cjs: expected });
  });

  it('its command activates, loads, and tells where the server stands', ({ skip }) => {
    if (major < 24 && missing !== undefined) skip(missing);
    const folder = stateFolder(`command-${major}`);
    const at = ['--state', folder, '--origin', site.origin];
    const [activated, loaded, status, doctor] = [
      ['activate', '--state', folder],
      ['load', 'bundle', ...at],
      ['status', ...at, '--json'],
      ['doctor', ...at, '--json'],
    ].map((args) => run(major, [program, ...args], home)) as [Ran, Ran, Ran, Ran];
    const anew = run(major, [program, 'activate', '--state', join(home, `anew-${major}`)], home);
    expect(anew.stdout).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
    expect(activated).toMatchObject({ status: 0, stdout: `${site.deployment}\n` });
    expect(loaded).toMatchObject({ status: 0, stderr: '' });
    expect(loaded.stdout).toContain('1 build, 1 partner');
    expect(JSON.parse(status.stdout)).toMatchObject({ problem: null, allowlist: { builds: { listed: 1 } } });
    expect(doctor).toMatchObject({ stderr: '' });
    expect(JSON.parse(doctor.stdout)).toBeTypeOf('object');
  });
});

type Ran = SpawnSyncReturns<string>;
