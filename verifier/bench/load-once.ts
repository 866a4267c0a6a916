// Opens the bundles in a folder as a verifier does, and tells how long it took and what it weighs. See load.ts.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBundle, type Anchor, type OpenedBundle } from '../src/formats.ts';

/** Milliseconds (medians) and mebibytes. */
export type Measured = {
  readonly fresh: number;
  readonly again: number;
  readonly kept: number;
  readonly most: number;
  readonly packed: number;
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

function open(bytes: Uint8Array, held: OpenedBundle | null): OpenedBundle {
  const { anchor, deployment, now } = given;
  return openBundle(bytes, {
    anchor,
    deployment,
    held,
    floor: held?.nextFloor ?? null,
    now,
    systemClock: now,
  });
}

/** The median of some rounds, the first of which only warms up. */
function timed(act: () => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    gc();
    const begun = performance.now();
    act();
    times.push(performance.now() - begun);
  }
  const sorted = times.slice(1).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

function weight(): number {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const before = weight();
let held: OpenedBundle | null = open(first, null);
const kept = weight() - before;
const most = process.resourceUsage().maxRSS / 1024;
const fresh = timed(() => open(first, null));
const again = timed(() => open(second, held));
if (held.judgeAll().refused.length > 0) throw new Error('The bundle of the benchmark is not sound.');
held = null;

const measured: Measured = { fresh, again, kept, most, packed: first.length / 2 ** 20 };
process.stdout.write(JSON.stringify(measured));
