// `npm run mutation -w verifier -- [module…]`: mutates the core, runs the tests against every mutant, and prints a table and the survivors.
// With `--again`, only what survived the last run is measured, while the sources are the same: tests were added since, and none taken away.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instrument } from './instrument.ts';
import { modules, type Module } from './modules.ts';
import { keyOf, survivorsOf, tableOf, withVerdicts, type Report } from './report.ts';
import { decidedOf, linesOf, pendingOf, write } from './verdicts.ts';

const verifier = join(import.meta.dirname, '..');
const results = join(verifier, '.mutation');
/** A mutant during which nothing ends for so long does not end, in milliseconds. The longest test needs a tenth of it. */
const patience = 60_000;

const names = process.argv.slice(2).filter((argument) => argument !== '--again');
const again = process.argv.includes('--again');
const unknown = names.filter((name) => !modules.some((module) => module.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown: ${unknown.join(', ')}. There are: ${modules.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exit(2);
}
// A signal ends this process in the ordinary way, and with it the one that it started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
for (const module of modules.filter(({ name }) => names.length === 0 || names.includes(name))) {
  const start = Date.now();
  const report = await measure(module);
  const seconds = Math.round((Date.now() - start) / 1000);
  const text = `${module.name}, in ${seconds} seconds\n${tableOf(report)}\n${survivorsOf(report)}`;
  writeFileSync(join(results, `${module.name}.txt`), text);
  process.stdout.write(`\n${text}`);
}

async function measure(module: Module): Promise<Report> {
  const folder = join(results, module.name);
  const verdicts = join(folder, 'verdicts.jsonl');
  const last = join(folder, 'report.json');
  mkdirSync(folder, { recursive: true });
  rmSync(verdicts, { force: true });
  const { instrumented, report } = await instrument(verifier, module);
  writeFileSync(join(folder, 'instrumented.json'), JSON.stringify(instrumented));
  if (again && existsSync(last)) keepDead(report, JSON.parse(readFileSync(last, 'utf8')) as Report, verdicts);
  for (;;) {
    await runTests(module, folder, verdicts);
    const lines = linesOf(verdicts);
    const red = lines.find((line) => 'red' in line);
    if (red !== undefined) throw new Error(`Without a mutant, tests fail:\n${red.red.join('\n')}`);
    if (lines.some((line) => 'finished' in line)) break;
    const pending = pendingOf(lines);
    if (pending !== undefined) write(verdicts, { decided: pending, status: 'Timeout', by: 'the clock' });
  }
  const measured = withVerdicts(report, decidedOf(linesOf(verdicts)));
  writeFileSync(last, JSON.stringify(measured, null, 1));
  return measured;
}

/** Until the process ends, or nothing has happened in it for too long. */
function runTests({ name }: Module, folder: string, verdicts: string): Promise<void> {
  const program = join(verifier, '../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [program, 'run', '--config', 'mutation/vitest.config.ts'], {
    cwd: verifier,
    env: { ...process.env, MUTATION_MODULE: name, MUTATION_FOLDER: folder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const started = Date.now();
  const stop = (): boolean => child.kill('SIGKILL');
  process.once('exit', stop);
  const watch = setInterval(() => {
    const changed = existsSync(verdicts) ? statSync(verdicts).mtimeMs : 0;
    if (Date.now() - Math.max(changed, started) > patience) stop();
  }, 1000);
  return new Promise((resolve) => {
    child.once('close', () => {
      clearInterval(watch);
      process.off('exit', stop);
      resolve();
    });
  });
}

function keepDead(report: Report, before: Report, verdicts: string): void {
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const old = before.files[file];
    if (old?.source !== source) continue;
    const dead = new Map(old.mutants.map((each) => [keyOf(each), each]));
    for (const mutant of mutants) {
      const was = dead.get(keyOf(mutant));
      if (was?.status === 'Killed' || was?.status === 'Timeout') {
        write(verdicts, { decided: mutant.id, status: was.status, by: was.by ?? '' });
      }
    }
  }
}
