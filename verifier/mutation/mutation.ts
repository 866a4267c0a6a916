// `npm run mutation -w verifier -- [module…]`: mutates the core, runs the tests against every mutant, and prints a table and the survivors.
// A second run goes on from the first: only what changed since, or was not reached, is measured again. Hours for everything.
// With `--again`, mutants that never ended are measured again, too: a machine that is busy ends some that would have.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { modules, type Module } from './modules.ts';
import { survivorsOf, tableOf, type Report } from './report.ts';

const verifier = join(import.meta.dirname, '..');
const results = join(verifier, '.stryker-tmp/results');

process.chdir(verifier);
mkdirSync(results, { recursive: true });

const names = process.argv.slice(2).filter((argument) => argument !== '--again');
const again = process.argv.includes('--again');
const unknown = names.filter((name) => !modules.some((module) => module.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown: ${unknown.join(', ')}. There are: ${modules.map(({ name }) => name).join(', ')}.\n`,
  );
  process.exit(2);
}
const chosen = names.flatMap((name) => modules.filter((module) => module.name === name));
for (const module of names.length === 0 ? modules : chosen) {
  const report = await measure(module);
  process.stdout.write(`\n${module.name}\n${tableOf(report)}\n${survivorsOf(report)}`);
}

async function measure({ name, mutate }: Module): Promise<Report> {
  // Read by vitest.config.ts, in the process that runs the tests.
  process.env['MUTATION_MODULE'] = name;
  const fileName = join(results, `${name}.json`);
  const incrementalFile = join(results, `${name}.incremental.json`);
  if (again) forgetEndless(incrementalFile);
  await new Stryker({
    mutate: [...mutate],
    testRunner: 'vitest',
    vitest: { configFile: 'mutation/vitest.config.ts', related: false },
    plugins: ['@stryker-mutator/vitest-runner', './mutation/ignore-message-texts.mjs'],
    ignorers: ['message-texts'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    incremental: true,
    incrementalFile,
    // `.stryker-tmp` lies below node_modules of the root, so that a copy finds the same packages.
    tempDirName: '.stryker-tmp',
    ignorePatterns: ['dist', 'dist-*', 'bench', 'example', 'test/node-versions/node_modules'],
    // Events tell of every mutant as soon as it was tested.
    reporters: ['json', 'progress-append-only', 'event-recorder'],
    eventReporter: { baseDir: join(results, `${name}.events`) },
    jsonReporter: { fileName },
    allowEmpty: false,
    timeoutMS: 20_000,
    allowConsoleColors: false,
  }).runMutationTest();
  const report = JSON.parse(readFileSync(fileName, 'utf8')) as Report;
  writeFileSync(
    join(results, `${name}.txt`),
    `${new Date().toISOString()}\n${tableOf(report)}\n${survivorsOf(report)}`,
  );
  return report;
}

function forgetEndless(file: string): void {
  if (!existsSync(file)) return;
  const { files, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const kept = Object.entries(files).map(([source, { mutants, ...of }]) => {
    return [source, { ...of, mutants: mutants.filter(({ status }) => status !== 'Timeout') }];
  });
  writeFileSync(file, JSON.stringify({ ...rest, files: Object.fromEntries(kept) as Report['files'] }));
}
