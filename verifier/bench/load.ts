// What loading a bundle costs, by the number of builds in it, with two approvals each, given in lists of forty: a bundle that is new
// to the verifier, and one in which a single partner's role changed since the last. Then what the memory weighs that stays.
// Sizes may be named: node bench/load.ts 1000 10000

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployment, makeBundles } from './make-bundles.ts';
import type { Measured } from './load-once.ts';
import { printFigures, type Figure } from './print.ts';

/** The sizes that are measured when none is named. */
export const usualSizes: readonly number[] = [1000, 10_000, 100_000];

/** The figures for bundles of these numbers of builds. A hundred thousand take some minutes, most of it to make the bundles. */
export function benchLoad(sizes: readonly number[] = usualSizes): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-bench-'));
  try {
    return sizes.flatMap((size) => figuresOf(size, measure(size, folder)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The sizes among a program's arguments; all of them when there are none. */
export function sizesNamed(args: readonly string[]): readonly number[] {
  const named = args.map(Number).filter(Number.isSafeInteger);
  return named.length > 0 ? named : usualSizes;
}

/** In a process of its own, so that making the bundle weighs nothing. */
function measure(size: number, folder: string): Measured {
  const { anchor, first, second, now } = makeBundles(size);
  writeFileSync(join(folder, 'first'), first);
  writeFileSync(join(folder, 'second'), second);
  writeFileSync(join(folder, 'given.json'), JSON.stringify({ anchor, deployment, now }));
  const program = join(import.meta.dirname, 'load-once.ts');
  const run = spawnSync(
    process.execPath,
    ['--expose-gc', '--conditions=appwarrant-source', program, folder],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 20,
    },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout) as Measured;
}

function figuresOf(size: number, measured: Measured): Figure[] {
  const name = `${size.toLocaleString('en-US')} builds`;
  const { unpacked } = measured;
  const figure = (what: string, value: number, unit: Figure['unit']): Figure => {
    const figureOf = { bench: 'load', case: `${name}: ${what}`, value, unit };
    return unit === 'MiB' && value !== unpacked
      ? { ...figureOf, ratio: value / unpacked, to: 'unpacked' }
      : figureOf;
  };
  return [
    figure('new', measured.fresh, 'ms'),
    figure('new, first look-up', measured.freshIndex, 'ms'),
    figure('one role changed', measured.again, 'ms'),
    figure('one role changed, first look-up', measured.againIndex, 'ms'),
    figure('first look-up of a key', measured.firstLookUp, 'us'),
    figure('further look-ups', measured.lookUps, '1/s'),
    figure('bundle, unpacked', unpacked, 'MiB'),
    figure('bundle, packed', measured.packed, 'MiB'),
    figure('memory kept', measured.kept, 'MiB'),
    figure('memory at most', measured.most, 'MiB'),
  ];
}

if (import.meta.main) printFigures('Loading a bundle', benchLoad(sizesNamed(process.argv.slice(2))));
