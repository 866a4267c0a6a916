/** One figure of a benchmark: what was measured, and how it compares with something that everybody can measure. */
export type Figure = {
  readonly bench: string;
  readonly case: string;
  readonly value: number;
  readonly unit: 'us' | 'ms' | 's' | 'MiB' | 'KiB' | 'B' | '1/s' | 'count';
  /** `value` divided by the value of `to`. */
  readonly ratio?: number;
  readonly to?: string;
};

/** Units that are written otherwise for people. */
const signs: ReadonlyMap<Figure['unit'], string> = new Map([
  ['us', 'µs'],
  ['count', ''],
]);

/** Prints figures as a table, or with `--json` among the arguments as one JSON object a line. */
export function printFigures(title: string, figures: readonly Figure[], args = process.argv.slice(2)): void {
  if (args.includes('--json')) {
    for (const { value, ratio, ...figure } of figures) {
      const rounded = { ...figure, value: round(value), ...(ratio !== undefined && { ratio: round(ratio) }) };
      process.stdout.write(`${JSON.stringify(inOrder(rounded))}\n`);
    }
    return;
  }
  const rows = figures.map(({ case: name, value, unit, ratio, to }) => [
    name,
    `${show(value)} ${signs.get(unit) ?? unit}`.trimEnd(),
    ratio === undefined ? '' : `${round(ratio).toFixed(2)} × ${to ?? ''}`,
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  process.stdout.write(`\n${title}\n\n`);
  for (const [name = '', value = '', ratio = ''] of rows) {
    process.stdout.write(
      `  ${name.padEnd(widths[0] ?? 0)}  ${value.padStart(widths[1] ?? 0)}  ${ratio}\n`.trimEnd() + '\n',
    );
  }
}

function round(value: number): number {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 1000 ? 1 : 0;
  return Number(value.toFixed(digits));
}

function show(value: number): string {
  return round(value).toLocaleString('en-US');
}

/** The order in which a reader expects the members. */
function inOrder({ bench, case: name, value, unit, ratio, to }: Figure): Figure {
  return {
    bench,
    case: name,
    value,
    unit,
    ...(ratio !== undefined && { ratio }),
    ...(to !== undefined && { to }),
  };
}
