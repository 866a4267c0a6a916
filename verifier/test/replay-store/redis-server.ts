import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../sidecar/real-proxies.ts';

/** Why tests with a real server cannot run here; undefined where they can. */
export const noRedis: string | undefined =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

/** A real server of its own, on the loopback interface. `await using` ends it. */
export type RedisServer = {
  readonly port: number;
  readonly socket: string;
  /** As an operator does: by redis-cli. */
  readonly cli: (...args: string[]) => string;
  /** The same without waiting for what comes of it. */
  readonly send: (...args: string[]) => void;
  /** Ends the process as a power cut would, and starts another over the same folder. */
  readonly restart: (...args: string[]) => Promise<void>;
  readonly kill: () => Promise<void>;
  readonly start: (...args: string[]) => Promise<void>;
  readonly pause: () => void;
  readonly resume: () => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function startRedis(...first: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-redis-'));
  const socket = join(folder, 'redis.sock');
  const port = await freePort();
  let child: ChildProcess | undefined;
  const cli = (...args: string[]): string => {
    const run = spawnSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8', timeout: 10_000 });
    return `${run.stdout}${run.stderr}`.trim();
  };
  const send = (...args: string[]): void => {
    spawn('redis-cli', ['-p', String(port), ...args], { stdio: 'ignore' });
  };
  const start = async (...args: string[]): Promise<void> => {
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket, '--dir', folder];
    const quiet = ['--save', '', '--logfile', join(folder, 'log'), '--enable-debug-command', 'yes'];
    child = spawn('redis-server', [...fixed, ...quiet, ...first, ...args], { stdio: 'ignore' });
    // One that asks for a password answers, too.
    while (!/PONG|NOAUTH/.test(cli('PING'))) await wait(20);
  };
  const kill = async (): Promise<void> => {
    const dying = child;
    if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
    const ended = once(dying, 'exit');
    dying.kill('SIGKILL');
    await ended;
  };
  await start();
  return {
    port,
    socket,
    cli,
    send,
    kill,
    start,
    restart: async (...args) => {
      await kill();
      await start(...args);
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    [Symbol.asyncDispose]: async () => {
      child?.kill('SIGCONT');
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As though nodes had asked the server for an hour: its epoch is old, so nobody who starts needs to begin anew. */
export function settle(server: RedisServer, database = '0', key = 'appwarrant:{replay}:epoch'): void {
  const all = server.cli('INFO', 'everything');
  const told = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(all)?.[1] ?? '';
  const epoch = `${told('run_id')} ${told('evicted_keys')} ${String(Math.floor(Date.now() / 1000) - 3600)} 0`;
  if (server.cli('-n', database, 'SET', key, epoch) !== 'OK') throw new Error('It was not settled.');
}

/** A wire between a client and a server that can be cut in one direction or both, and led to another server. */
export type Wire = {
  readonly port: number;
  readonly set: (state: 'whole' | 'no answers' | 'silent') => void;
  /** Ends what is connected, and leads what comes to another port. */
  readonly leadTo: (port: number) => void;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

export async function startWire(first: number): Promise<Wire> {
  let target = first;
  let state: 'whole' | 'no answers' | 'silent' = 'whole';
  const ends = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = createConnection(target, '127.0.0.1');
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (piece) => void (state !== 'silent' && far.write(piece)));
    far.on('data', (piece) => void (state === 'whole' && near.write(piece)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => {
      // What was swallowed never comes: as on a network, such a connection is of no use any more.
      if (next === 'whole' && state !== 'whole') for (const end of ends) end.destroy();
      state = next;
    },
    leadTo: (port) => {
      target = port;
      for (const end of ends) end.destroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) end.destroy();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
