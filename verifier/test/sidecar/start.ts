import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { makePackage } from '../state/vendor-package.ts';

export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** A sidecar in a process of its own, as a vendor's customers run it. `await using` ends it. */
export type Running = {
  readonly child: ChildProcess;
  /** What it has written so far. */
  readonly lines: readonly Line[];
  readonly errors: () => string;
  /** Its ports, by what listens there. */
  readonly ports: { readonly check: number; readonly proxy: number; readonly status: number };
  /** The next line of this event, or one that was written before. */
  readonly line: (event: string) => Promise<Line>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A folder that stays until the last test of the file: a sidecar goes on over several. */
export function lastingFolder(copyOf?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-sidecar-'));
  made.push(folder);
  if (copyOf !== undefined) cpSync(copyOf, folder, { recursive: true });
  return folder;
}

/** A site with a loaded bundle whose app is approved, and no memory of requests that came before. */
export function loadedSite(origin?: string): Site {
  const site = makeSite({}, origin);
  const verifier = start(site);
  verifier.load(nextBundle(site));
  verifier.close();
  return { ...site, folder: lastingFolder(site.folder) };
}

/** Starts `serve` and waits until it is ready. */
export async function startSidecar(
  site: Site,
  args: readonly string[],
  program = lastingFolder(makePackage(site.vendor)),
): Promise<Running> {
  const running = launch(site, args, program);
  await Promise.race([
    running.line('ready'),
    running.ended.then((code) => {
      throw new Error(`serve ended with ${String(code)}: ${running.errors()}`);
    }),
  ]);
  return running;
}

/** Starts `serve`, whether it becomes ready or not. */
export function launch(
  site: Site,
  args: readonly string[],
  program = lastingFolder(makePackage(site.vendor)),
): Running {
  const all = [
    join(program, 'src', 'cli.ts'),
    'serve',
    '--state',
    site.folder,
    '--origin',
    site.origin,
    ...args,
  ];
  const child = spawn(process.execPath, all, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines: Line[] = [];
  const waiting: (() => void)[] = [];
  let errors = '';
  createInterface(child.stdout).on('line', (text) => {
    lines.push(JSON.parse(text) as Line);
    for (const wake of waiting.splice(0)) wake();
  });
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  const line = async (event: string): Promise<Line> => {
    for (let seen = 0; ;) {
      const found = lines.slice(seen).find((each) => each.event === event);
      if (found !== undefined) return found;
      seen = lines.length;
      await new Promise<void>((resolve) => void waiting.push(resolve));
    }
  };
  const portOf = (name: string): number =>
    Number(/:(\d+)\/?$/.exec(String(lines.find(({ event }) => event === 'ready')?.[name]))?.[1]);
  return {
    child,
    lines,
    errors: () => errors,
    get ports() {
      return { check: portOf('check'), proxy: portOf('proxy'), status: portOf('statusPage') };
    },
    line,
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** What reached the protected server. */
export type Received = {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  /** How many bytes of the body came, and whether its end did. */
  readonly length: () => number;
  readonly body: () => string;
  readonly isWhole: () => boolean;
  /** Resolves when its body has ended, or broken off. */
  readonly over: Promise<void>;
};

/** A real server that writes down what it gets. `await using` closes it. */
export async function startUpstream(
  answer: (request: IncomingMessage, response: ServerResponse, received: Received) => void = (
    _request,
    response,
    received,
  ) => void received.over.then(() => response.end('served')),
  options: ServerOptions & { readonly socket?: string; readonly keepBodies?: boolean } = {},
) {
  const received: Received[] = [];
  const server = createServer(options, (request, response) => {
    const chunks: Buffer[] = [];
    let length = 0;
    let isWhole = false;
    const over = new Promise<void>((resolve) => {
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (options.keepBodies !== false) chunks.push(chunk);
      });
      request.on('end', () => {
        isWhole = true;
        resolve();
      });
      request.on('error', () => resolve());
      request.on('close', () => resolve());
    });
    const pairs: [string, string][] = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      pairs.push([request.rawHeaders[i] ?? '', request.rawHeaders[i + 1] ?? '']);
    const entry: Received = {
      method: request.method ?? '',
      target: request.url ?? '',
      headers: pairs,
      length: () => length,
      body: () => Buffer.concat(chunks).toString(),
      isWhole: () => isWhole,
      over,
    };
    received.push(entry);
    answer(request, response, entry);
  });
  await new Promise<void>((resolve) => {
    if (options.socket === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(options.socket, resolve);
  });
  const { port } = (options.socket === undefined ? server.address() : { port: 0 }) as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${String(port)}`,
    received,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The values of a field that reached the server, in whatever spelling. */
export function valuesOf({ headers }: Pick<Received, 'headers'>, name: string): readonly string[] {
  return headers.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}
