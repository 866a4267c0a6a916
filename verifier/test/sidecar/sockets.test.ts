import {
  readFileSync,
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makePackage, runProgram } from '../state/vendor-package.ts';
import { launch, lastingFolder, loadedSite, startSidecar, startUpstream } from './start.ts';

const site = loadedSite();
const program = lastingFolder(makePackage(site.vendor));
const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** Why `serve` does not start there. */
async function refusedAt(path: string, more: readonly string[] = []): Promise<string> {
  await using running = launch(site, ['--listen', `unix:${path}`, ...more], program);
  expect(await running.ended).toBe(1);
  expect(running.lines).toEqual([]);
  return running.errors().replace(/\s+/g, ' ');
}

/** A socket of a program that has ended without removing it. */
async function staleSocket(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.first`, resolve));
  // Node removes what it has bound when it closes: by another name it stays.
  renameSync(`${path}.first`, path);
  await new Promise((resolve) => server.close(resolve));
  expect(lstatSync(path).isSocket()).toBe(true);
}

describe('A socket to listen at', () => {
  test('is there with the right of its user and group alone, and is gone when the sidecar has ended', async () => {
    const path = join(lastingFolder(), 'check.sock');
    await using running = await startSidecar(site, ['--listen', `unix:${path}`], program);
    expect(lstatSync(path).mode & 0o777).toBe(0o660);
    expect(existsSync(`${path}.new`)).toBe(false);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('takes the place of one at which nobody answers any more', async () => {
    const path = join(lastingFolder(), 'check.sock');
    await staleSocket(path);
    await using killed = await startSidecar(site, ['--listen', `unix:${path}`], program);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(path)).toBe(true);
    await using running = await startSidecar(site, ['--listen', `unix:${path}`], program);
    expect((await running.line('ready')).check).toBe(`unix:${path}`);
  });

  test('is not taken from a program that answers there', async () => {
    const path = join(lastingFolder(), 'check.sock');
    await using first = await startSidecar(site, ['--listen', `unix:${path}`], program);
    expect(await refusedAt(path)).toMatch(/Somebody listens at .* already/);
    expect(existsSync(path)).toBe(true);
    expect(first.child.exitCode).toBe(null);
  });

  test('stays where another sidecar has put its own since', async () => {
    const folder = lastingFolder();
    const path = join(folder, 'check.sock');
    await using first = await startSidecar(site, ['--listen', `unix:${path}`], program);
    rmSync(path);
    await using second = await startSidecar(site, ['--listen', `unix:${path}`], program);
    first.child.kill('SIGTERM');
    await first.ended;
    expect(existsSync(path)).toBe(true);
    expect(second.child.exitCode).toBe(null);
  });

  test('is not put where something else is', async () => {
    const folder = lastingFolder();
    const path = join(folder, 'check.sock');
    writeFileSync(path, 'a file');
    expect(await refusedAt(path)).toContain('is there and is no socket');
    rmSync(path);
    symlinkSync('/etc/passwd', path);
    expect(await refusedAt(path)).toContain('is there and is no socket');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    rmSync(path);
    writeFileSync(`${path}.new`, 'a file');
    expect(await refusedAt(path)).toContain('is not of this program');
    expect(await refusedAt(join(folder, 'missing', 'check.sock'))).toContain('cannot be used: ENOENT');
  });

  test('is not put into a folder in which others may write, nor below one', async () => {
    const folder = lastingFolder();
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    for (const mode of [0o770, 0o707, 0o1777]) {
      chmodSync(inner, mode);
      expect(await refusedAt(join(inner, 'check.sock'))).toContain('others may write');
    }
    chmodSync(inner, 0o700);
    chmodSync(folder, 0o777);
    expect(await refusedAt(join(inner, 'check.sock'))).toContain('others may write');
    chmodSync(folder, 0o1777);
    await using running = await startSidecar(
      site,
      ['--listen', `unix:${join(inner, 'check.sock')}`],
      program,
    );
    expect(running.child.exitCode).toBe(null);
    chmodSync(folder, 0o700);
  });

  test.skipIf(!isRoot)(
    'is not put beside, over or into what belongs to another user (needs root to make such)',
    async () => {
      const folder = lastingFolder();
      const path = join(folder, 'check.sock');
      await staleSocket(path);
      chownSync(path, nobody, nobody);
      expect(await refusedAt(path)).toContain('is a socket of another user (65534)');
      const inner = join(folder, 'inner');
      mkdirSync(inner);
      chownSync(inner, nobody, nobody);
      expect(await refusedAt(join(inner, 'check.sock'))).toContain('belongs to another user (65534)');
    },
  );
});

describe('serve', () => {
  const refuses = (args: readonly string[]) =>
    runProgram(program, ['serve', '--state', site.folder, '--origin', site.origin, ...args]);

  test.each([
    '0.0.0.0:8080',
    '192.168.1.7:8080',
    'localhost:8080',
    '[::]:8080',
    ':8080',
    '8080',
    '127.0.0.1',
    '127.0.0.1:65536',
    'unix:relative.sock',
    `unix:/${'x'.repeat(120)}`,
    'http://127.0.0.1:8080',
  ])('listens nowhere but on this machine: %s', (address) => {
    const { status, stdout, stderr } = refuses(['--listen', address]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--listen');
  });

  test.each([
    [['--status', '0.0.0.0:9090'], '--status'],
    [['--status', 'unix:/run/status.sock'], '--status'],
    [['--upstream', 'https://127.0.0.1'], '--upstream'],
    [['--upstream', 'http://127.0.0.1/app'], '--upstream'],
    [['--upstream', 'http://user:pass@127.0.0.1'], '--upstream'],
    [['--check', '127.0.0.1:1'], '--check'],
    [['--exempt', 'healthz'], '--exempt'],
    [['--exempt', '/public/*'], '--exempt'],
    [['--exempt', '/a?b'], '--exempt'],
    [['--body-silence', '31'], '--body-silence'],
    [['--body-silence', '0'], '--body-silence'],
    [['--body-silence', 'Infinity'], '--body-silence'],
    [['--drain', '-1'], '--drain'],
    [['--log', 'xml'], '--log'],
    [['--browser-origin', '*'], '--browser-origin'],
    [['--redis', 'http://127.0.0.1'], 'Redis'],
    [['--exempt'], '--exempt'],
    [['--insecure'], '--insecure'],
    [['FILE'], 'FILE'],
  ])('understands what it is told, or does not start: %j', (args, named) => {
    const { status, stdout, stderr } = refuses(['--listen', '127.0.0.1:0', ...args]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
  });

  test('does not repeat the password of an address', () => {
    const { stderr } = refuses(['--listen', '127.0.0.1:0', '--redis', 'redis://:SECRET@host:1/x']);
    expect(stderr).not.toContain('SECRET');
  });

  test('says why it cannot listen, and does not start', async () => {
    await using taken = await startUpstream();
    const { status, stderr } = refuses(['--listen', `127.0.0.1:${String(taken.port)}`]);
    const place = `127.0.0.1:${String(taken.port)}`;
    const sentence = `It cannot listen at ${place}: somebody listens there already (ss -ltnp says who).`;
    expect([status, stderr.replaceAll('\n', ' ').trim()]).toEqual([1, sentence]);
    expect(refuses(['--listen', '127.0.0.1:0', '--origin', 'https://ERP.example']).stderr).toContain(
      'origin_malformed',
    );
  });

  test('leaves the state folder to the one that has it, where its own place is taken', async () => {
    const own = loadedSite();
    const program = lastingFolder(makePackage(own.vendor));
    await using first = await startSidecar(
      own,
      ['--listen', '127.0.0.1:0', '--status', '127.0.0.1:0'],
      program,
    );
    const mark = (): string => readFileSync(join(own.folder, 'replay.owner'), 'utf8');
    const before = mark();
    const taken = `127.0.0.1:${String(first.ports.status)}`;
    const second = launch(own, ['--listen', '127.0.0.1:0', '--status', taken], program);
    expect(await second.ended).toBe(1);
    expect(mark()).toBe(before);
  });

  test('says in one line that it is ready, and in text where it is told to', async () => {
    const args = [join(program, 'src/cli.ts'), 'serve', '--state', site.folder, '--origin', site.origin];
    const child = spawn(process.execPath, [...args, '--listen', '127.0.0.1:0', '--log', 'text']);
    const [first] = await new Promise<string[]>((resolve) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().split('\n')));
    });
    child.kill('SIGKILL');
    expect(first).toMatch(
      /^\S+Z INFO ready Acme verifier 1\.0\.0 · allowlist 1, .* check="127\.0\.0\.1:\d+"$/,
    );
  });
});

describe('proxy-config', () => {
  const print = (args: readonly string[]) => runProgram(program, ['proxy-config', ...args]);
  const shared = ['--origin', 'https://erp.customer.example', '--upstream', 'http://127.0.0.1:3000'];

  test('prints the same for the same names, with the names in it and nothing that is still to be filled in', () => {
    for (const proxy of ['nginx', 'caddy', 'traefik', 'envoy']) {
      const args = [
        proxy,
        ...shared,
        '--listen',
        '127.0.0.1:8081',
        '--route',
        '/orders=orders:read,orders:write',
      ];
      const { status, stdout, stderr } = print(args);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toBe(print(args).stdout);
      for (const name of ['erp.customer.example', '127.0.0.1:8081', '/orders'])
        expect(stdout, proxy).toContain(name);
      expect(stdout, proxy).toMatch(/orders:read[ ,]orders:write/);
      expect(stdout, proxy).not.toMatch(/example\.com|<[a-z]+>|TODO/);
    }
  });

  test.each([
    [['haproxy', ...shared, '--listen', '127.0.0.1:1'], 'PROXY is nginx, caddy, traefik, envoy'],
    [['nginx', ...shared], '--listen'],
    [['nginx', '--origin', 'erp', '--listen', '127.0.0.1:1', '--upstream', 'http://a'], '--origin'],
    [['nginx', ...shared, '--listen', '127.0.0.1:1', '--route', '/orders'], '--route'],
    [['nginx', ...shared, '--listen', '127.0.0.1:1', '--route', '/a;}=x'], '--route'],
    [['nginx', ...shared, '--listen', '127.0.0.1:1', '--route', '/a=X'], '--route'],
    [['traefik', ...shared, '--listen', 'unix:/run/a.sock'], 'no sockets'],
  ])('understands what it is told, or prints nothing: %j', (args, says) => {
    const { status, stdout, stderr } = print(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.replace(/\s+/g, ' ')).toContain(says);
  });
});
