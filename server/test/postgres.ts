// A PostgreSQL cluster of its own for the tests that also run there: in a temporary folder, on a socket only, run by an
// unprivileged user, because PostgreSQL refuses to run as root.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TestCluster {
  /** A new, empty database's URL. */
  database(): string;
  stop(): Promise<void>;
}

/** Why there can be no cluster here; null where there can. */
export function whyNoPostgres(): string | null {
  if (binaries() === null) return 'no PostgreSQL binaries on this machine (/usr/lib/postgresql/*/bin)';
  if (process.getuid?.() === 0 && unprivileged() === null)
    return 'root, and no user postgres or nobody to run it as';
  return null;
}

/** Starts a cluster; `stop` ends and removes it. */
export async function startPostgres(): Promise<TestCluster> {
  const bin = binaries();
  if (bin === null) throw new Error('no PostgreSQL binaries');
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-postgres-'));
  const user = process.getuid?.() === 0 ? unprivileged() : null;
  if (user !== null) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const as = user === null ? {} : { uid: user.uid, gid: user.gid };
  const data = join(folder, 'data');
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', HOME: folder };
  const options = [
    '--pgdata',
    data,
    '--username',
    'tests',
    '--auth',
    'trust',
    '--no-sync',
    '--encoding',
    'UTF8',
  ];
  execFileSync(join(bin, 'initdb'), options, { ...as, env, cwd: folder, stdio: 'ignore' });
  const settings = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`, '-c', 'fsync=off'];
  const server = spawn(join(bin, 'postgres'), ['-D', data, ...settings], {
    ...as,
    env,
    cwd: folder,
    stdio: 'ignore',
  });
  const psql = (statement: string) =>
    execFileSync(join(bin, 'psql'), ['-h', folder, '-U', 'tests', '-d', 'postgres', '-qc', statement], {
      ...as,
      env,
      cwd: folder,
      stdio: 'ignore',
    });
  await untilReady(() => psql('select 1'), server);
  let count = 0;
  return {
    database() {
      count += 1;
      psql(`create database tests_${count}`);
      return `postgres://tests@localhost/tests_${count}?host=${encodeURIComponent(folder)}`;
    },
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(ask: () => void, server: ChildProcess): Promise<void> {
  for (;;) {
    try {
      ask();
      return;
    } catch (error) {
      if (server.exitCode !== null) throw error;
      await sleep(50);
    }
  }
}

function binaries(): string | null {
  const found = globSync('/usr/lib/postgresql/*/bin/initdb').sort();
  const newest = found.at(-1);
  return newest === undefined || !existsSync(newest) ? null : dirname(newest);
}

function unprivileged(): { uid: number; gid: number } | null {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // There is no such user: the next one may be.
    }
  }
  return null;
}
