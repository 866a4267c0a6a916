// Every mutant of a module in one copy of its sources: Stryker's instrumenter writes each of them as a switch, which is turned on while
// the tests run, beside counters, which say what tests reach it.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { messageTexts } from './message-texts.ts';
import type { Module } from './modules.ts';
import type { Mutant, Position, Report } from './report.ts';

/** What to load instead of each source, by its path from `verifier/`, and the mutants in it that are to be measured. */
export type Instrumented = {
  readonly texts: Readonly<Record<string, string>>;
  readonly ids: readonly string[];
};

/** The instrumented sources of a module, and for a report its sources and mutants, of which none has been measured yet. */
export async function instrument(
  verifier: string,
  { mutate }: Module,
): Promise<{ readonly instrumented: Instrumented; readonly files: Report['files'] }> {
  const excluded = mutate.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const sources = globSync([...mutate], { cwd: verifier, exclude: excluded })
    .map((name) => name.replaceAll('\\', '/'))
    .toSorted()
    .map((name) => ({ name, content: readFileSync(join(verifier, name), 'utf8'), mutate: true }));
  const options = { ignorers: [messageTexts], plugins: null, excludedMutations: [] };
  const { files, mutants } = await new Instrumenter(silent).instrument(sources, options);
  const of = (name: string): Mutant[] =>
    mutants
      .filter(({ fileName }) => fileName === name)
      .map(({ id, mutatorName, replacement, location, status }) => ({
        id,
        mutatorName,
        replacement,
        location: { start: shown(location.start), end: shown(location.end) },
        status: status ?? 'Pending',
      }));
  return {
    instrumented: {
      texts: Object.fromEntries(files.map(({ name, content }) => [name, withPause(content)])),
      ids: mutants.filter(({ status }) => status === undefined).map(({ id }) => id),
    },
    files: Object.fromEntries(
      sources.map(({ name, content }) => [name, { source: content, mutants: of(name) }]),
    ),
  };
}

/** Counters that stop counting while `counting` is false: once it is known what the tests reach, they only cost time. */
function withPause(text: string): string {
  return text.replace('function cover() {', 'function cover() {\n    if (ns.counting === false) return;');
}

/** Lines and columns as editors count them. */
function shown({ line, column }: Position): Position {
  return { line: line + 1, column: column + 1 };
}

/** Stryker's log: nobody reads it. */
const nothing = (): void => {};
const off = (): boolean => false;
const silent = {
  isTraceEnabled: off,
  isDebugEnabled: off,
  isInfoEnabled: off,
  isWarnEnabled: off,
  isErrorEnabled: off,
  isFatalEnabled: off,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
};
