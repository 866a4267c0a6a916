// What a check that does not keep the event loop costs it, and how many requests two processors check for each that one does. Times of
// the event loop are processor time of its thread, so that other programs on the machine do not count.

import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { RequestToCheck } from '../src/http/request-head.ts';
import type { Checker } from '../src/http/check.ts';
import { askerOf } from '../src/replay-store/ask-store.ts';
import { createSharedReplay, sharedReplayStore } from '../src/replay-store/threads.ts';
import { median } from './interleave.ts';
import { printFigures, type Figure } from './print.ts';
import { makeSite } from './site.ts';

type Ask = (checker: Checker, request: RequestToCheck) => unknown;

/** A raw verification of one signature, here and in the pool: what the machine and Node take at the least. */
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signed = randomBytes(500);
const signature = sign('sha256', signed, privateKey);
const raw: Ask = () => verify('sha256', signed, publicKey, signature);
const rawWaiting: Ask = () =>
  new Promise<void>((resolve) => {
    verify('sha256', signed, publicKey, signature, () => resolve());
  });

/** So many requests are under way at once, as in a server that is busy. */
const atOnce = 32;
/** Large, because the kernel brings a thread's time up to date every few milliseconds only. */
const batch = 2_000;
const rounds = 15;

/** What a batch takes, in microseconds a request: of the event loop's thread, of all threads, and by the clock on the wall. */
type Taken = { readonly loop: number; readonly all: number; readonly wall: number };

async function timed(checker: Checker, requests: readonly RequestToCheck[], ask: Ask): Promise<Taken> {
  const waiting = [...requests];
  const [cpu, whole] = [process.threadCpuUsage(), process.cpuUsage()];
  const begun = performance.now();
  const one = async (): Promise<void> => {
    for (let request = waiting.pop(); request !== undefined; request = waiting.pop())
      await ask(checker, request);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  const wall = (performance.now() - begun) * 1000;
  const [ofLoop, ofAll] = [process.threadCpuUsage(cpu), process.cpuUsage(whole)];
  const each = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / requests.length;
  return { loop: each(ofLoop), all: each(ofAll), wall: wall / requests.length };
}

const whole: Ask = (checker, request) => checker.check(request);
const waiting: Ask = (checker, request) => checker.checkAsync(request);

/** The figures of this benchmark. Takes a minute. */
export async function benchCheckAsync(): Promise<readonly Figure[]> {
  const site = makeSite();
  const store = sharedReplayStore(createSharedReplay({ requestsPerSecond: 20_000 }));
  const shared = makeSite({ askStore: askerOf(store, (line) => void process.stderr.write(`${line}\n`)) });
  const headers: [string, string][] = [
    ['Host', 'erp.customer.example'],
    ['Accept', 'application/json'],
    ['User-Agent', 'viewer/1.0.0'],
    ['Authorization', 'Bearer 0123456789abcdef0123456789abcdef'],
  ];
  const post = { method: 'POST', headers: [...headers, ['Content-Type', 'application/json']] } as const;
  const body = Buffer.alloc(1024, 'x');
  const unsigned = (): RequestToCheck => ({ method: 'GET', target: '/', headers: [] });
  const cases: readonly (readonly [string, typeof site, () => RequestToCheck, Ask])[] = [
    ['raw verification, check', site, unsigned, raw],
    ['raw verification, checkAsync', site, unsigned, rawWaiting],
    ['GET with a user, check', site, () => site.sign({ headers }), whole],
    ['GET with a user, checkAsync', site, () => site.sign({ headers }), waiting],
    ['POST 1 KB, check', site, () => site.sign({ ...post, body }), whole],
    ['POST 1 KB, checkAsync', site, () => site.sign({ ...post, body }), waiting],
    ['GET of an attested copy, checkAsync', site, () => site.signAttested({ headers }), waiting],
    ['GET with a user, checkAsync over shared memory', shared, () => shared.sign({ headers }), waiting],
  ];
  const taken = new Map<string, Taken[]>(cases.map(([name]) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const [name, { checker }, make, ask] of cases) {
      const each = await timed(checker, Array.from({ length: batch }, make), ask);
      if (round >= 0) taken.get(name)?.push(each);
    }
  }
  const figures: Figure[] = [];
  const of = (name: string, what: keyof Taken): number =>
    median((taken.get(name) ?? []).map((each) => each[what]));
  const figure = (title: string, what: keyof Taken, name: string): Figure => {
    const value = of(name, what);
    const to = name.replace(/checkAsync.*/, 'check').replace('of an attested copy', 'with a user');
    const ratio = name === to ? {} : { ratio: value / of(to, what), to };
    return { bench: 'check-async', case: `${title}: ${name}`, value, unit: 'us', ...ratio };
  };
  for (const [name] of cases) figures.push(figure('event loop', 'loop', name));
  for (const [name] of cases) {
    const sorted = (taken.get(name) ?? []).map(({ loop }) => loop).toSorted((a, b) => a - b);
    const value = sorted[Math.floor(sorted.length / 10)] ?? Number.NaN;
    figures.push({ bench: 'check-async', case: `event loop, least disturbed: ${name}`, value, unit: 'us' });
  }
  for (const [name] of cases) figures.push(figure('all threads', 'all', name));
  // On a quiet machine the busier of two processors decides how many requests they check: the one with the event loop, or both alike.
  for (const what of ['raw verification', 'GET with a user', 'POST 1 KB']) {
    const [one, two] = [`${what}, check`, `${what}, checkAsync`];
    for (const [by, value] of [
      ['their time', of(one, 'loop') / Math.max(of(two, 'loop'), of(two, 'all') / 2)],
      ['the wall', of(one, 'wall') / of(two, 'wall')],
    ] as const)
      figures.push({
        bench: 'check-async',
        case: `two processors, by ${by}: ${what}`,
        value,
        unit: 'count',
      });
  }
  for (const [name] of cases) figures.push(figure('a request', 'wall', name));
  return figures;
}

if (import.meta.main)
  printFigures('Checking off the main thread: medians of interleaved batches', await benchCheckAsync());
