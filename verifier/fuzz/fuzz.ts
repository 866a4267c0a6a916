// `npm run fuzz -w verifier -- [target…] [--inputs N] [--from N] [--seed S] [--json]`: attacks the parsers with mutated genuine inputs.
// `npm run fuzz -w verifier -- --replay FILE`: gives an input that was found once more. `-- --growth [--pumps N]`: how work grows with size.
// Exits 1 when an input was found that does anything but be accepted or refused.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { attackAll } from './attack.ts';
import { growthOf } from './growth.ts';
import { minimise } from './minimise.ts';
import { failureOf } from './run.ts';
import type { JsonValue } from '../src/json.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';
import type { Report } from './work.ts';

const found = join(import.meta.dirname, 'found');

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '100000' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    replay: { type: 'string' },
    growth: { type: 'boolean', default: false },
    pumps: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
  },
});
const [inputs, from, seed] = [given.inputs, given.from, given.seed].map(Number) as [number, number, number];
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0 || ![inputs, from, seed].every(Number.isSafeInteger)) {
  process.stderr.write(`There are: ${targets.map(({ name }) => name).join(', ')}.\n`);
  process.exit(2);
}
const chosen = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

if (given.replay !== undefined)
  process.exit(replay(resolve(process.env['INIT_CWD'] ?? '.', given.replay)) ? 0 : 1);
else if (given.growth) process.exit(measureGrowth() ? 0 : 1);
else process.exit((await attack()) ? 0 : 1);

async function attack(): Promise<boolean> {
  let isSound = true;
  const head = ['target', 'inputs', 'accepted', 'refused', 'reasons', 'per second', 'slowest'];
  if (!given.json) print(row(head));
  await attackAll(chosen, { seed, from, to: from + inputs }, (report) => {
    print(given.json ? JSON.stringify(plain(report)) : row(cellsOf(report)));
    if (report.failure === undefined) return;
    isSound = false;
    const file = keep(report);
    process.stderr.write(`${report.failure.why}\nWritten to ${file}\n`);
  });
  return isSound;
}

function measureGrowth(): boolean {
  let isLinear = true;
  for (const target of chosen) {
    const { pumps, problems } = growthOf(target, Number(given.pumps));
    print(
      `${target.name.padEnd(18)} ${String(pumps).padStart(5)} pumps  ${problems.length === 0 ? 'linear' : problems.join('; ')}`,
    );
    isLinear &&= problems.length === 0;
  }
  return isLinear;
}

/** Writes a failing input down, as small as it can be made. */
function keep({ target: name, failure }: Report): string {
  const target = targets.find((each) => each.name === name) as Target;
  if (failure === undefined) throw new TypeError('Nothing to keep.');
  const attack = target.ready();
  const isHang = failure.why.startsWith('It hangs');
  const input = isHang
    ? failure.input
    : minimise(failure.input, (smaller) => failureOf(attack, smaller) !== undefined);
  mkdirSync(found, { recursive: true });
  const file = join(found, `${target.name}-${seed}-${failure.index}.json`);
  writeFileSync(
    file,
    `${JSON.stringify({ target: target.name, seed, index: failure.index, input }, null, 2)}\n`,
  );
  return file;
}

function replay(file: string): boolean {
  const { target: name, input } = JSON.parse(readFileSync(file, 'utf8')) as {
    target: string;
    input: JsonValue;
  };
  const target = targets.find((each) => each.name === name);
  if (target === undefined) throw new Error(`There is no target ${name}.`);
  const why = failureOf(target.ready(), input);
  print(why ?? 'It is accepted or refused, as it should be.');
  return why === undefined;
}

function plain({ target, outcomes, failure, seconds }: Report): unknown {
  return {
    target,
    ...outcomes,
    reasons: Object.fromEntries(outcomes.reasons),
    seconds,
    failed: failure?.index ?? null,
  };
}

function cellsOf({ target, outcomes, seconds }: Report): readonly string[] {
  const { inputs: all, accepted, reasons, slowest } = outcomes;
  const each = [all, accepted, all - accepted, reasons.size, all / seconds].map((number) =>
    Math.round(number).toLocaleString('en'),
  );
  return [target, ...each, `${slowest.toFixed(1)} ms`];
}

function row([name = '', ...cells]: readonly string[]): string {
  return `${name.padEnd(18)}${cells.map((cell) => cell.padStart(12)).join('')}`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
