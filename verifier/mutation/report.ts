// What a run found, as a table and as a list of survivors. The members are those of the mutation testing elements' schema.

type Mutant = {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
};
export type Report = {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
};

/** A mutant that never ends is noticed too, but a slow machine can end one that would have: they are counted apart. */
const killed = new Set(['Killed', 'Timeout']);
const alive = new Set(['Survived', 'NoCoverage']);

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
      text += `${file}:${line}:${column} ${mutant.status} ${mutant.mutatorName}: ${mutant.replacement ?? ''}\n`;
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
