// A strict reader of Prometheus's text format 0.0.4, written from its specification: it takes nothing that the format does not say.

export type ParsedSample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};
export type ParsedFamily = {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
};

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*/;
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];

/** Reads a whole exposition. Throws an Error that names the line. */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  if (!text.endsWith('\n')) throw new Error('The last line has no line feed.');
  const families = new Map<string, { -readonly [K in keyof ParsedFamily]: ParsedFamily[K] }>();
  const seen = new Set<string>();
  let open = '';
  text
    .slice(0, -1)
    .split('\n')
    .forEach((line, at) => {
      const fail = (why: string): never => {
        throw new Error(`Line ${String(at + 1)}: ${why}: ${line}`);
      };
      if (line === '') return;
      if (line.startsWith('#')) {
        const [, kind, name = '', rest = ''] =
          /^# (HELP|TYPE) ([^ ]+) (.*)$/.exec(line) ?? fail('no comment of ours');
        if (metricName.exec(name)?.[0] !== name) fail('no metric name');
        if (kind === 'HELP') {
          if (families.has(name)) fail('a second HELP, or one after TYPE or samples');
          families.set(name, { name, type: '', help: unescaped(rest, 'n\\', fail), samples: [] });
        } else {
          const family = families.get(name) ?? fail('TYPE without HELP');
          if (family.type !== '') fail('a second TYPE');
          if (family.samples.length > 0) fail('TYPE after samples');
          if (!types.includes(rest)) fail('no type');
          family.type = rest;
        }
        open = name;
        return;
      }
      const sample = readSample(line, fail);
      const family = families.get(open) ?? fail('a sample without a family');
      const suffix = sample.name.slice(open.length);
      const suffixes = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!sample.name.startsWith(open) || !suffixes.includes(suffix)) fail('a sample in the wrong family');
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
      if (seen.has(key)) fail('a sample comes twice');
      seen.add(key);
      family.samples = [...family.samples, sample];
    });
  for (const family of families.values()) {
    if (family.type === '') throw new Error(`${family.name} has no type.`);
    if (family.type === 'counter' && !family.name.endsWith('_total'))
      throw new Error(`${family.name} is a counter, and its name does not say so.`);
    if (family.type === 'histogram') requireHistogram(family);
  }
  return families;
}

function readSample(line: string, fail: (why: string) => never): ParsedSample {
  const name = metricName.exec(line)?.[0] ?? fail('no metric name');
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const label = labelName.exec(rest)?.[0] ?? fail('no label name');
      const [whole, value = ''] =
        /^="((?:[^"\\]|\\.)*)"(?:,|(?=\}))/.exec(rest.slice(label.length)) ?? fail('no label value');
      if (label in labels) fail('a label comes twice');
      if (label.startsWith('__')) fail('a reserved label');
      labels[label] = unescaped(value, 'n\\"', fail);
      rest = rest.slice(label.length + whole.length);
    }
    rest = rest.slice(1);
  }
  const number = /^ (\S+)$/.exec(rest)?.[1] ?? fail('no value');
  if (!/^(?:[+-]Inf|NaN|-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)$/.test(number)) fail('no number');
  return { name, labels, value: Number(number.replace('Inf', 'Infinity')) };
}

function unescaped(text: string, known: string, fail: (why: string) => never): string {
  return text.replace(/\\(.?)/g, (_, letter: string) => {
    if (letter === '' || !known.includes(letter)) fail('an unknown escape');
    return letter === 'n' ? '\n' : letter;
  });
}

/** Buckets rise, the last is +Inf, and it is the count. */
function requireHistogram({ name, samples }: ParsedFamily): void {
  const groups = new Map<string, ParsedSample[]>();
  for (const sample of samples) {
    const { le: _le, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const group of groups.values()) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => Number((labels.le ?? '').replace('Inf', 'Infinity')));
    const counts = buckets.map(({ value }) => value);
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const sums = group.filter((sample) => sample.name === `${name}_sum`).length;
    const rises = (list: readonly number[]) =>
      list.every((value, i) => i === 0 || value >= (list[i - 1] ?? 0));
    if (!rises(bounds) || bounds.at(-1) !== Infinity) throw new Error(`${name}: bounds do not rise to +Inf.`);
    if (!rises(counts) || counts.at(-1) !== count)
      throw new Error(`${name}: buckets do not rise to the count.`);
    if (sums !== 1) throw new Error(`${name} has no sum.`);
  }
}
