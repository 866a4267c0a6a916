// What a run found, as a table and as a list of survivors.

import type { Status, Verdict } from './verdicts.ts';

export type Mutant = {
  readonly id: string;
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: { readonly start: Position; readonly end: Position };
  /** The test that failed. */
  readonly by?: string;
};
export type Position = { readonly line: number; readonly column: number };
export type Report = {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
  /** The digests of the test files that have measured them. */
  readonly tests: Readonly<Record<string, string>>;
};

/** A mutant that never ends is noticed too, but a slow machine can end one that would have: they are counted apart. */
const killed = new Set(['Killed', 'Timeout']);
const alive = new Set(['Survived', 'NoCoverage']);

/** Whether no test has noticed it. */
export function isAlive({ status }: { readonly status: string }): boolean {
  return alive.has(status);
}

/** One line for each file: how many mutants there were, how many were killed, and the share. */
export function tableOf({ files }: Report): string {
  const rows = Object.entries(files).map(([file, { mutants }]) => rowOf(file, mutants));
  rows.push(
    rowOf(
      'together',
      Object.values(files).flatMap(({ mutants }) => mutants),
    ),
  );
  return `${rows.join('\n')}\n`;
}

/** Every mutant that lives: where, and what it would be. */
export function survivorsOf({ files }: Report): string {
  let text = '';
  for (const [file, { source, mutants }] of Object.entries(files)) {
    const lines = source.split('\n');
    for (const mutant of mutants.filter(({ status }) => alive.has(status))) {
      const { line, column } = mutant.location.start;
      text += `${file}:${line}:${column} ${mutant.status} ${mutant.mutatorName}: ${mutant.replacement}\n`;
      text += `    ${(lines[line - 1] ?? '').trim()}\n`;
    }
  }
  return text;
}

function rowOf(name: string, mutants: readonly Mutant[]): string {
  const dead = mutants.filter(({ status }) => killed.has(status)).length;
  const left = mutants.filter(({ status }) => alive.has(status)).length;
  const timedOut = mutants.filter(({ status }) => status === 'Timeout').length;
  const share = dead + left === 0 ? '–' : `${((100 * dead) / (dead + left)).toFixed(1)} %`;
  return `${name.padEnd(32)} ${String(dead + left).padStart(6)} mutants ${String(dead).padStart(6)} killed ${share.padStart(8)}${timedOut > 0 ? `, ${timedOut} of them by never ending` : ''}`;
}

/** The same mutant in two runs of one source. */
function keyOf({ mutatorName, replacement, location: { start, end } }: Mutant): string {
  return JSON.stringify([start.line, start.column, end.line, end.column, mutatorName, replacement]);
}

/** What an earlier run found out about the mutants of sources that have not changed since, by the ids that they have now. */
export function earlierVerdicts(report: Report, before: Report): ReadonlyMap<string, Verdict> {
  const known = Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const old = before.files[file];
    if (old?.source !== source) return [];
    const verdicts = new Map(old.mutants.map((mutant) => [keyOf(mutant), mutant]));
    return mutants.flatMap((mutant): [string, Verdict][] => {
      if (mutant.status === 'Ignored') return [];
      const { status, by = '' } = verdicts.get(keyOf(mutant)) ?? mutant;
      return killed.has(status) || alive.has(status) ? [[mutant.id, { status: status as Status, by }]] : [];
    });
  });
  return new Map(known);
}

/** A report in which mutants have been measured. */
export function withVerdicts(report: Report, verdicts: ReadonlyMap<string, Verdict>): Report {
  const measured = Object.entries(report.files).map(([file, { source, mutants }]) => {
    const known = mutants.map((mutant) => ({ ...mutant, ...verdicts.get(mutant.id) }));
    return [file, { source, mutants: known }] as const;
  });
  return { ...report, files: Object.fromEntries(measured) };
}
