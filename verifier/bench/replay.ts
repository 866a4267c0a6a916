// What remembering nonces costs, and how often it errs: ten million requests at ten thousand a second, in simulated time, and each
// followed by the replay of one that came within the window.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { printFigures, type Figure } from './print.ts';
import type { Measured } from './replay-once.ts';

const slots = 2 ** 20;
const mebibyte = 2 ** 20;

/** The figures of this benchmark. Takes half a minute. */
export function benchReplay(): readonly Figure[] {
  // In a process of its own, so that its growth is the table's.
  const program = join(import.meta.dirname, 'replay-once.ts');
  // The garbage of its texts would be most of that, if it were let.
  const flags = ['--expose-gc', '--max-semi-space-size=1', '--conditions=appwarrant-source'];
  const run = spawnSync(process.execPath, [...flags, program], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const measured = JSON.parse(run.stdout) as Measured;
  const figure = (what: string, value: number, unit: Figure['unit']): Figure => {
    return { bench: 'replay', case: what, value, unit };
  };
  return [
    figure('a slot', measured.bytes / slots, 'B'),
    figure('a whole table', measured.bytes / mebibyte, 'MiB'),
    figure('resident after a minute at 10,000 requests a second', measured.resident / mebibyte, 'MiB'),
    figure('new nonces', measured.fresh, 'count'),
    figure('of them refused', measured.falselyRefused, 'count'),
    figure('replayed nonces', measured.replayed, 'count'),
    figure('of them admitted', measured.missed, 'count'),
    figure('one question', measured.each, 'us'),
  ];
}

if (import.meta.main) printFigures('Replay table', benchReplay());
