import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import type { Site } from '../state/site.ts';
import type { Order } from './order.ts';

/** What came back: a value, or the code of a refusal. */
export type Answer =
  | { readonly ok: unknown; readonly refused?: undefined }
  | { readonly refused: ReasonCode; readonly members: Readonly<Record<string, unknown>> };

/** A customer's server in a process of its own. `await using` ends it. */
export type ServerProcess = {
  readonly tell: (order: Order) => Promise<Answer>;
  /** Does what cannot be refused. */
  readonly get: (order: Order) => Promise<unknown>;
  readonly check: (request: RequestToCheck) => Promise<Answer>;
  /** By the owner: nothing of the verifier hears of it but what it finds. Seconds from now. */
  readonly setClock: (shift: number) => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const here = import.meta.dirname;

/** What is round the process. */
export type Surroundings = {
  /** Where the state folder lies: on this machine's disk, unless on a small one of its own, mounted here for the process alone. */
  readonly mounted?: string;
  readonly cwd?: string;
  /** Variables of the environment, besides this process's own. */
  readonly env?: Readonly<Record<string, string>>;
};

/** Starts the process over the site's folder with the package that its vendor made; nothing is opened yet. */
export async function startProcess(
  { folder, origin }: Pick<Site, 'folder' | 'origin'>,
  program: string,
  { mounted, cwd, env = {} }: Surroundings = {},
): Promise<ServerProcess> {
  const state = mounted ?? folder;
  const node = [process.execPath, '--import', join(here, 'owner-preload.mjs')];
  const command = [...node, join(here, 'server-process.ts'), program, state, origin];
  const [first = '', ...args] = mounted === undefined ? command : [...inMount(folder, mounted), ...command];
  const child = spawn(first, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  child.on('message', (answer: Answer) => waiting.shift()?.resolve(answer));
  child.on('exit', (code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`The process ended with ${String(code)}.`));
  });
  const next = (): Promise<Answer> =>
    new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
  await next();

  const tell = (order: Order): Promise<Answer> => {
    const answer = next();
    child.send(order);
    return answer;
  };
  const get = async (order: Order): Promise<unknown> => {
    const answer = await tell(order);
    expect(answer).not.toHaveProperty('refused');
    return (answer as { ok: unknown }).ok;
  };
  return {
    tell,
    get,
    check: ({ method, target, headers, body }) => {
      const sent = body === undefined ? null : Buffer.from(body).toString('base64');
      return tell({ kind: 'check', request: { method, target, headers, body: sent } });
    },
    setClock: async (shift) => {
      await get({ kind: 'clock', shift });
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.on('exit', resolve));
      child.send({ kind: 'end' });
      await ended;
    },
  };
}

/** Whether this user may mount a disk that no other process sees. */
export function canMount(): boolean {
  const run = spawnSync('unshare', [...unshared, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
  return run.status === 0;
}

const unshared = ['--mount', '--map-root-user'];

/** A disk of one megabyte at `mounted`, which holds what `folder` holds; before a command. */
function inMount(folder: string, mounted: string): string[] {
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && cp -a "$1/." "$0/" && shift && exec "$@"';
  return ['unshare', ...unshared, 'sh', '-c', script, mounted, folder];
}
