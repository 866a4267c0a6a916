import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { installPacked } from '../state/installed-package.ts';
import { temporaryFolder } from '../state/site.ts';
import { freePort } from '../sidecar/real-proxies.ts';
import { serveAnything } from './loopback.ts';
import { blocksOf, docs, readPage, run, startBlock } from './page.ts';
import { askAs } from './partner-app.ts';
import { bundleFor, packFor, prepare } from './vendor-file.ts';

// The unit docs/install/acme-verifier.service and its page: what can be tried of them without starting a service.

beforeAll(() => build(['verifier']), 300_000);

const unit = readFileSync(join(docs, 'install/acme-verifier.service'), 'utf8');
const valuesOf = (name: string): string[] =>
  [...unit.replaceAll('\\\n', ' ').matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) =>
    value.replaceAll(/ +/g, ' '),
  );

const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
const [, version = '0'] = /^systemd (\d+)/.exec(analyze('--version').stdout ?? '') ?? [];
const tooOld = Number(version) < 250;
const missing = 'systemd-analyze of systemd 250 or newer is not installed (Debian: systemd)';

/** The unit's folders and programs, moved to where a test may write; and the vendor's file in its place. */
async function moved() {
  const home = temporaryFolder();
  const prepared = prepare();
  const program = installPacked(prepared.vendor, home);
  const lib = join(home, 'usr/lib/acme-verifier');
  for (const folder of [lib, join(home, 'run')]) mkdirSync(folder, { recursive: true, mode: 0o750 });
  spawnSync(process.execPath, [program, 'single-file', join(lib, 'acme-verifier.mjs')]);
  const upstream = await serveAnything();
  const status = await freePort();
  const here = (text: string) =>
    text
      .replaceAll('/usr/bin/node', process.execPath)
      .replaceAll('/usr/local', join(home, 'usr'))
      .replaceAll('/var/lib/acme-verifier', join(home, 'state'))
      .replaceAll('/run/acme-verifier', join(home, 'run'))
      .replaceAll('127.0.0.1:8000', `127.0.0.1:${String(upstream.port)}`)
      .replaceAll('127.0.0.1:9090', `127.0.0.1:${String(status)}`);
  return { home, prepared, upstream, here, socket: join(home, 'run/proxy.sock') };
}

describe('The systemd unit', () => {
  test('runs command lines that lead to the first admitted request, over its socket', async () => {
    const { home, prepared, upstream, here, socket } = await moved();
    await using _upstream = upstream;
    const [before = ''] = valuesOf('ExecStartPre').map(here);
    const [start = ''] = valuesOf('ExecStart').map(here);
    const load = blocksOf(readPage('install/systemd.md')).find(({ text }) => text.includes(' load '));
    const command = here(load?.text ?? '').replace('sudo -u acme-verifier acme-verifier', '"$VERIFIER"');
    const activated = await run(before, home);
    expect(activated.stdout).toMatch(/^[\w-]{43}\n$/);
    const deployment = activated.stdout.trim();
    // As systemd does it: started before anything is loaded.
    const strace = join(home, 'calls');
    const traced = canTrace ? `strace -D -f -c -o ${strace} ${start}` : start;
    await using serving = await startBlock(traced, home, () =>
      readdirSync(join(home, 'run')).includes('proxy.sock'),
    );
    const origin = 'https://orders.example.com';
    const app = { key: prepared.key, origin, deployment, target: '/orders' };
    expect(await askAs(app, socket)).toMatchObject({ status: 503 });
    writeFileSync(join(home, 'acme.bundle'), bundleFor(prepared, deployment, origin));
    const VERIFIER = join(home, 'usr/lib/acme-verifier/acme-verifier.mjs');
    expect(await run(command, home, { VERIFIER })).toMatchObject({ status: 0, stderr: '' });
    await expect
      .poll(() => askAs(app, socket), { timeout: 60_000, interval: 200 })
      .toMatchObject({ status: 200 });
    expect(upstream.reached).toHaveLength(1);
    const refused = blocksOf(here(readPage('install/systemd.md'))).find(({ text }) =>
      text.startsWith('curl'),
    );
    expect((await run(refused?.text ?? '', home)).stdout).toMatch(/^HTTP\/1\.1 401 [^]*"proof_missing"/);
    expect(await serving.stop()).toBe(0);
    if (canTrace && !tooOld) {
      // The tracer, which is nobody's parent, writes when all has ended.
      await expect.poll(() => callsIn(strace), { timeout: 60_000 }).toContain('epoll_pwait');
      const calls = callsIn(strace);
      const allowed = allowedCalls();
      expect(calls.filter((call) => !allowed.has(call))).toEqual([]);
    }
  }, 300_000);

  test('is found in order by systemd, and shut in', async ({ skip }) => {
    if (tooOld) skip(missing);
    const { home, upstream, here } = await moved();
    await using _upstream = upstream;
    const file = join(home, 'acme-verifier.service');
    writeFileSync(file, here(unit));
    expect(analyze('verify', file)).toMatchObject({ status: 0, stderr: '' });
    // In tenths; the page names it.
    const security = analyze('security', '--offline=true', '--no-pager', '--threshold=15', file);
    expect(security).toMatchObject({ status: 0 });
    expect(security.stdout).toMatch(/Overall exposure level for acme-verifier\.service: 1\.3 OK/);
  });

  test('is taken out of the tarball as its page says', async () => {
    const home = temporaryFolder();
    packFor(prepare().vendor, home);
    const block = blocksOf(readPage('install/systemd.md')).find(({ about }) => about === 'unit');
    expect(await run(block?.text ?? '', home)).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(home, 'acme-verifier.service'), 'utf8')).toBe(unit);
  });

  test('shuts it in as its page says', () => {
    const page = readPage('install/systemd.md');
    for (const [name, value] of [
      ['User', 'acme-verifier'],
      ['StateDirectory', 'acme-verifier'],
      ['StateDirectoryMode', '0700'],
      ['RuntimeDirectoryMode', '0750'],
      ['ProtectSystem', 'strict'],
      ['NoNewPrivileges', 'yes'],
      ['CapabilityBoundingSet', ''],
      ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6'],
      ['IPAddressDeny', 'any'],
      ['IPAddressAllow', 'localhost'],
    ] as const)
      expect(valuesOf(name), name).toEqual([value]);
    for (const name of ['MemoryDenyWriteExecute', 'DynamicUser']) {
      expect(valuesOf(name)).toEqual([]);
      expect(page).toContain(name);
    }
    expect(valuesOf('SystemCallFilter')).toEqual(['@system-service', '~@privileged @resources']);
  });

  test('waits longer for an end than the sidecar takes for one', () => {
    const [seconds = '0'] = valuesOf('TimeoutStopSec');
    const source = readFileSync(join(docs, '../verifier/src/sidecar/serve-options.ts'), 'utf8');
    const [, drain = 'none'] = /readSeconds\('drain', one\('drain'\), (\d+),/.exec(source) ?? [];
    expect(Number(seconds)).toBeGreaterThan(Number(drain) + 5);
  });
});

const canTrace =
  process.platform === 'linux' && spawnSync('strace', ['-D', '-o', '/dev/null', 'true']).status === 0;

/** The names in what `strace -c` has counted. */
function callsIn(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /^ *\d/.test(line) && !line.endsWith(' total'))
    .map((line) => line.trim().split(/\s+/).at(-1) ?? '');
}

/** The calls that the unit's filter lets through, as this systemd names them. */
function allowedCalls(): ReadonlySet<string> {
  const groups = new Map(
    analyze('syscall-filter', '--no-pager')
      .stdout.split(/\n(?=@)/)
      .map((text) => text.split('\n').map((line) => line.trim()))
      .map(([name = '', ...lines]) => [name, lines.filter((line) => line !== '' && !line.startsWith('#'))]),
  );
  const expand = (name: string): string[] =>
    name.startsWith('@') ? (groups.get(name) ?? []).flatMap(expand) : [name];
  const [allow = '', deny = ''] = valuesOf('SystemCallFilter');
  const denied = new Set(deny.slice(1).split(' ').flatMap(expand));
  return new Set([allow, '@default'].flatMap(expand).filter((call) => !denied.has(call)));
}
