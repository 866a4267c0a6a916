// Opens the bundles in a folder as a verifier does, and tells how long it took and what it weighs. See load.ts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBundle, readBundle, rememberSigners, type Anchor, type OpenedBundle } from '../src/formats.ts';
import { median } from './interleave.ts';

/** Times in milliseconds (medians), sizes in mebibytes. */
export type Measured = {
  readonly fresh: number;
  readonly again: number;
  /** What comes on top at the first look-up: the index of keys is made then. */
  readonly freshIndex: number;
  readonly againIndex: number;
  /** What stays in memory, and by how much the process grew at most while it loaded. */
  readonly kept: number;
  readonly most: number;
  readonly packed: number;
  readonly unpacked: number;
  /** A first look-up, which verifies approvals, in microseconds; and how many further ones there are in a second. */
  readonly firstLookUp: number;
  readonly lookUps: number;
};

const folder = process.argv[2] ?? '';
const given = JSON.parse(readFileSync(join(folder, 'given.json'), 'utf8')) as {
  readonly anchor: Anchor;
  readonly deployment: string;
  readonly now: number;
};
const first = readFileSync(join(folder, 'first'));
const second = readFileSync(join(folder, 'second'));
const gc = (globalThis as { gc?: () => void }).gc ?? ((): void => undefined);
const memo = rememberSigners();
const mebibyte = 2 ** 20;

function open(bytes: Uint8Array, held: OpenedBundle | null): OpenedBundle {
  const { anchor, deployment, now } = given;
  const floor = held?.nextFloor ?? null;
  return openBundle(bytes, { anchor, deployment, held, floor, now, systemClock: now, memo });
}

/** Asks for a key that nobody has: the index of keys is made. */
function ask({ entries }: OpenedBundle): void {
  if (entries.isListed('nobody')) throw new Error('The bundle of the benchmark is not sound.');
}

/** The medians of some rounds, the first of which only warm up: of opening, and of asking then. */
function timed(act: () => OpenedBundle): readonly [open: number, ask: number] {
  const times: [number, number][] = [];
  for (let round = 0; round < 11; round += 1) {
    gc();
    const begun = performance.now();
    const opened = act();
    const between = performance.now();
    ask(opened);
    times.push([between - begun, performance.now() - between]);
  }
  const counted = times.slice(2);
  return [median(counted.map(([opening]) => opening)), median(counted.map(([, asking]) => asking))];
}

function weight(): number {
  // Twice: what the first one found is only then given back.
  gc();
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / mebibyte;
}

/** Looks keys up: the first time each, and then again and again. */
function timeLookUps({ allowlist, partnerRoles }: OpenedBundle): Pick<Measured, 'firstLookUp' | 'lookUps'> {
  const all = [...partnerRoles.values()].flatMap(({ content }) =>
    content.entries.flatMap(({ thumbprints }) => thumbprints),
  );
  const some = all.filter((_, i) => i % Math.ceil(all.length / 5_000) === 0);
  const begun = performance.now();
  for (const key of some) allowlist.findKey(key, given.now);
  const known = performance.now();
  const rounds = Math.ceil(2_000_000 / some.length);
  for (let round = 0; round < rounds; round += 1) for (const key of some) allowlist.findKey(key, given.now);
  const took = performance.now() - known;
  return {
    firstLookUp: ((known - begun) / some.length) * 1000,
    lookUps: ((rounds * some.length) / took) * 1000,
  };
}

const before = weight();
const resident = process.memoryUsage().rss / mebibyte;
let held: OpenedBundle | null = open(first, null);
ask(held);
const most = process.resourceUsage().maxRSS / 1024 - resident;
const kept = weight() - before;
const [fresh, freshIndex] = timed(() => open(first, null));
const [again, againIndex] = timed(() => open(second, held));
const lookUps = timeLookUps(held);
held = null;

const unpacked = readBundle(first).index.files.reduce((sum, { length }) => sum + length, 0) / mebibyte;
const measured: Measured = {
  fresh,
  again,
  freshIndex,
  againIndex,
  kept,
  most,
  packed: first.length / mebibyte,
  unpacked,
  ...lookUps,
};
process.stdout.write(JSON.stringify(measured));
