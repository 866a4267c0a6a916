// `npm run mutation -w verifier -- [module…]`: mutates the core, runs the tests against every mutant, and prints a table and the survivors.
// With `--again`, what survived the last run is measured by the tests that have changed since, and sources that have changed by all.
// What was killed stays so: tests were added, and none taken away.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instrument } from './instrument.ts';
import { modules, type Module } from './modules.ts';
import { earlierVerdicts, isAlive, survivorsOf, tableOf, withVerdicts, type Report } from './report.ts';
import { testFilesOf } from './test-files.ts';
import { decidedOf, linesOf, pendingOf, write, type Verdict } from './verdicts.ts';

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
  const { instrumented, files } = await instrument(verifier, module);
  const report = { files, tests: testFilesOf(verifier, module) };
  const before = again && existsSync(last) ? (JSON.parse(readFileSync(last, 'utf8')) as Report) : undefined;
  const earlier = before === undefined ? new Map<string, Verdict>() : earlierVerdicts(report, before);

  /** Measures some mutants by some tests, in as many processes as it takes. */
  const measureSome = async (ids: readonly string[], tests: readonly string[]): Promise<void> => {
    if (ids.length === 0 || tests.length === 0) return;
    writeFileSync(join(folder, 'instrumented.json'), JSON.stringify({ ...instrumented, ids }));
    const begun = linesOf(verdicts).length;
    for (;;) {
      await runTests(module.name, tests, folder);
      const lines = linesOf(verdicts);
      const end = lines.slice(begun).at(-1);
      if (end !== undefined && 'finished' in end) return;
      if (end !== undefined && 'red' in end) {
        throw new Error(`Without a mutant, tests fail:\n${end.red.join('\n')}`);
      }
      const pending = pendingOf(lines);
      if (pending !== undefined) write(verdicts, { decided: pending, status: 'Timeout', by: 'the clock' });
    }
  };
  const every = Object.keys(report.tests);
  await measureSome(
    instrumented.ids.filter((id) => !earlier.has(id)),
    every,
  );
  const fresh = decidedOf(linesOf(verdicts));
  // What lives has been measured by all tests that have not changed since.
  const alive = [...earlier].filter(([, verdict]) => isAlive(verdict)).map(([id]) => id);
  await measureSome(
    alive,
    every.filter((path) => before?.tests[path] !== report.tests[path]),
  );
  // One that the changed tests do not reach was reached by others, or it still is by none.
  const later = [...decidedOf(linesOf(verdicts))].filter(
    ([id, { status }]) => fresh.has(id) || status !== 'NoCoverage',
  );
  const measured = withVerdicts(report, new Map([...earlier, ...later]));
  writeFileSync(last, JSON.stringify(measured, null, 1));
  return measured;
}

/** Until the process ends, or nothing has happened in it for too long. */
function runTests(name: string, tests: readonly string[], folder: string): Promise<void> {
  const verdicts = join(folder, 'verdicts.jsonl');
  const program = join(verifier, '../node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [program, 'run', '--config', 'mutation/vitest.config.ts'], {
    cwd: verifier,
    env: {
      ...process.env,
      MUTATION_MODULE: name,
      MUTATION_TESTS: JSON.stringify(tests),
      MUTATION_FOLDER: folder,
    },
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
