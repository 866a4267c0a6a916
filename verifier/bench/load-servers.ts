// What the verifier costs a server: each framework with it and without it, and a server without it behind the sidecar, under the same load in one
// run. `npm run bench -w verifier -- servers`, with `--json` one object a line, with `--rate N` and `--rounds N`.

import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openVerifierFor } from '../src/open-verifier.ts';
import { appClient, type AppClient } from './app-client.ts';
import { openPool, type Pool } from './http-pool.ts';
import { median } from './interleave.ts';
import type { Figure } from './print.ts';
import { serverKinds } from './served.ts';
import { installPackage, makeSiteOnDisk, type SiteOnDisk } from './site-on-disk.ts';
import { startServed } from './start-served.ts';

/** One thing that is measured: where it listens, and what it has used of the processor so far, in microseconds. */
type Subject = {
  readonly name: string;
  /** What it is compared with. */
  readonly beside: string | null;
  readonly pool: Pool;
  readonly make: () => string;
  readonly cpu: () => Promise<number>;
  readonly end: () => Promise<void>;
};

/** Of one round: microseconds of the processor a request, and latencies in milliseconds. */
type Round = { readonly cpu: number; readonly p50: number; readonly p99: number };

export type LoadOptions = {
  /** Requests a second, the same for all: so slow that no queue forms. */
  readonly rate: number;
  readonly rounds: number;
  /** Seconds of a round. */
  readonly seconds: number;
};

/** The figures of every server, with and without. Takes `rounds` times a dozen rounds. */
export async function benchServers(options: LoadOptions): Promise<readonly Figure[]> {
  const subjects: Subject[] = [];
  const sites: SiteOnDisk[] = [];
  try {
    for (const kind of serverKinds) {
      const site = makeReadySite('http://erp.customer.example');
      sites.push(site);
      const client = appClient(site);
      const anchor = anchorFile(site);
      const without = await startServed({ kind, site: null });
      const within = await startServed({
        kind,
        site: { anchor, stateDir: site.folder, origin: site.origin },
      });
      subjects.push(subjectOf(kind, null, without, client));
      subjects.push(subjectOf(`${kind}, protected`, kind, within, client));
    }
    const upstream = await startServed({ kind: 'node', site: null });
    for (const how of ['asked by nginx', 'before node'] as const) {
      const site = makeReadySite('http://erp.customer.example');
      sites.push(site);
      subjects.push(await sidecarOf(site, how, upstream.port));
    }
    const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]));
    for (let round = -1; round < options.rounds; round += 1) {
      for (const subject of subjects) {
        const measured = await measure(subject, options);
        // The first of each only warms up.
        if (round >= 0) rounds.get(subject.name)?.push(measured);
      }
    }
    await upstream.end();
    return [...figuresOf(subjects, rounds), loadFigure()];
  } finally {
    for (const { pool, end } of subjects) {
      pool.close();
      await end();
    }
    for (const { root } of sites) rmSync(root, { recursive: true, force: true });
  }
}

/** A site that has loaded its bundle. */
function makeReadySite(origin: string): SiteOnDisk {
  const site = makeSiteOnDisk(origin);
  const verifier = openVerifierFor(site.anchor(), {
    stateDir: site.folder,
    origin,
    log: () => undefined,
  });
  verifier.load(site.bundle());
  verifier.close();
  return site;
}

function anchorFile(site: SiteOnDisk): string {
  const file = join(site.root, 'anchor.json');
  writeFileSync(file, JSON.stringify({ type: 'appwarrant/anchor/1', anchor: site.anchor() }));
  return file;
}

function subjectOf(
  name: string,
  beside: string | null,
  served: Awaited<ReturnType<typeof startServed>>,
  client: AppClient,
): Subject {
  return {
    name,
    beside,
    pool: openPool(served.port, 32),
    // What is not protected is sent the very same: the head has to be read all the same.
    make: () => client.get(),
    cpu: async () => (await served.usage()).cpu,
    end: served.end,
  };
}

/** The sidecar, as a program of its own. What it uses is all added, and so is what passing a request on adds to its time. */
async function sidecarOf(
  site: SiteOnDisk,
  how: 'asked by nginx' | 'before node',
  upstream: number,
): Promise<Subject> {
  const program = installPackage(site);
  const port = await freePort();
  const args = [program, 'serve', '--listen', `127.0.0.1:${String(port)}`, '--origin', site.origin];
  args.push('--state', site.folder);
  if (how === 'before node') args.push('--upstream', `http://127.0.0.1:${String(upstream)}`);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', () => undefined);
  await untilListening(port);
  const client = appClient(site);
  const make = how === 'before node' ? () => client.get() : () => asNginxAsks(client.get());
  return {
    name: `sidecar, ${how}`,
    beside: how === 'before node' ? 'node' : null,
    pool: openPool(port, 32),
    make,
    cpu: () => Promise.resolve(cpuOf(child.pid ?? 0)),
    end: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** The question that nginx's auth_request asks about a GET. */
function asNginxAsks(request: string): string {
  const [line = '', ...rest] = request.split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const fields = [`X-Original-Method: ${method}`, `X-Original-URI: ${target}`, 'X-Original-Framing: |'];
  return [`GET /check/nginx HTTP/1.1`, ...fields, ...rest].join('\r\n');
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The sidecar does not listen.');
}

/** Processor time of a process in microseconds, as Linux tells it, in hundredths of a second. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** One round: so many requests a second, signed before it begins. */
async function measure({ name, pool, make, cpu }: Subject, { rate, seconds }: LoadOptions): Promise<Round> {
  const requests = Array.from({ length: Math.round(rate * seconds) }, make);
  const latencies: number[] = [];
  const before = await cpu();
  const begun = performance.now();
  const sendOne = async (request: string, at: number): Promise<void> => {
    const { status, body } = await pool.send(request);
    if (status !== 200) throw new Error(`${name} answered ${String(status)}: ${body.slice(0, 300)}`);
    // From when it should have been sent: a server that stalls is not spared what waited meanwhile.
    latencies.push(performance.now() - at);
  };
  const all: Promise<void>[] = [];
  for (let i = 0; i < requests.length;) {
    const due = ((performance.now() - begun) / 1000) * rate;
    for (; i < requests.length && i < due; i += 1)
      all.push(sendOne(requests[i] as string, begun + (i / rate) * 1000));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(all);
  const used = (await cpu()) - before;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { cpu: used / requests.length, p50: at(0.5), p99: at(0.99) };
}

function figuresOf(
  subjects: readonly Subject[],
  rounds: ReadonlyMap<string, readonly Round[]>,
): readonly Figure[] {
  const of = (name: string, what: keyof Round): number =>
    median((rounds.get(name) ?? []).map((round) => round[what]));
  return subjects.flatMap(({ name, beside }): Figure[] => {
    const figure = (what: string, value: number, unit: Figure['unit']): Figure => ({
      bench: 'servers',
      case: `${name}: ${what}`,
      value,
      unit,
    });
    const isSidecar = name.startsWith('sidecar');
    const added = isSidecar ? of(name, 'cpu') : beside === null ? null : of(name, 'cpu') - of(beside, 'cpu');
    return [
      figure('processor', of(name, 'cpu'), 'us'),
      ...(added === null ? [] : [figure('added', added, 'us')]),
      figure('p50', of(name, 'p50'), 'ms'),
      figure('p99', of(name, 'p99'), 'ms'),
    ];
  });
}

/** How busy the machine is, for whoever reads the others. */
function loadFigure(): Figure {
  const name = `the machine's load, of ${String(availableParallelism())} cores`;
  return { bench: 'servers', case: name, value: loadavg()[0] ?? 0, unit: 'count' };
}

/** What was typed behind the name of the bench. */
export function readLoadOptions(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  return {
    rate: Number(values.rate ?? 300),
    rounds: Number(values.rounds ?? 5),
    seconds: Number(values.seconds ?? 3),
  };
}
