// A file of lines, written by the process that runs the tests and read by the one that watches it: what was begun, and how it ended.
// Whoever starts again reads what has been decided.

import { appendFileSync, existsSync, readFileSync } from 'node:fs';

export type Status = 'Killed' | 'Timeout' | 'Survived' | 'NoCoverage';
/** How a mutant ended, and by which test. */
export type Verdict = { readonly status: Status; readonly by: string };
export type Line =
  | { readonly begun: string }
  | ({ readonly decided: string } & Verdict)
  /** Without any mutant, these tests fail. */
  | { readonly red: readonly string[] }
  /** Still running. */
  | { readonly at: string }
  | { readonly finished: true };

export function write(file: string, line: Line): void {
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

export function linesOf(file: string): readonly Line[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

/** What has been decided: of which mutant, and how. */
export function decidedOf(lines: readonly Line[]): ReadonlyMap<string, Verdict> {
  return new Map(lines.flatMap((line) => ('decided' in line ? [[line.decided, line] as const] : [])));
}

/** The mutant that was begun last, if nothing has been decided about it. */
export function pendingOf(lines: readonly Line[]): string | undefined {
  const last = lines.findLast((line) => 'begun' in line || 'decided' in line);
  return last !== undefined && 'begun' in last ? last.begun : undefined;
}
