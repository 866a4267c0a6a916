import type { Family, Labels, Sample } from './exposition.ts';

/** A counter with labels, and a bound to how many series it can have. */
export type Counter = { readonly add: (labels: Labels) => void; readonly family: () => Family };

/** How many series a full counter still takes under the labels that `otherwise` makes. */
const mostOtherwise = 250;

/**
 * Makes a counter. Once it has `most` series, what would be a new one is counted under the labels that `otherwise` makes of it; when
 * these become too many as well, under the label `other` alone. So it never has more than `most` + 251 series.
 */
export function countBy(
  about: { readonly name: string; readonly help: string },
  most: number,
  otherwise: (labels: Labels) => Labels,
): Counter {
  const series = new Map<string, { readonly labels: Labels; value: number }>();
  const find = (labels: Labels, limit: number): { value: number } | undefined => {
    const key = Object.values(labels).join('\n');
    const found = series.get(key);
    if (found !== undefined || series.size >= limit) return found;
    const made = { labels, value: 0 };
    series.set(key, made);
    return made;
  };
  return {
    add(labels) {
      const all = (): Labels => Object.fromEntries(Object.keys(labels).map((name) => [name, 'other']));
      const one =
        find(labels, most) ?? find(otherwise(labels), most + mostOtherwise) ?? find(all(), Infinity);
      if (one !== undefined) one.value += 1;
    },
    family: () => ({ ...about, type: 'counter', samples: [...series.values()] }),
  };
}

/** A histogram of durations, by one label. */
export type Histogram = {
  readonly observe: (label: string, seconds: number) => void;
  readonly family: () => Family;
};

type Bars = { readonly buckets: number[]; count: number; sum: number };

/** Makes a histogram over the given upper bounds in seconds, in rising order; `values` are all that its label can have. */
export function observeBy(
  about: { readonly name: string; readonly help: string },
  label: string,
  values: readonly string[],
  bounds: readonly number[],
): Histogram {
  const series = new Map<string, Bars>(
    values.map((value) => [value, { buckets: bounds.map(() => 0), count: 0, sum: 0 }]),
  );
  return {
    observe(value, seconds) {
      const one = series.get(value);
      if (one === undefined || !(seconds >= 0)) return;
      one.count += 1;
      one.sum += seconds;
      const at = bounds.findIndex((bound) => seconds <= bound);
      if (at >= 0) one.buckets[at] = (one.buckets[at] ?? 0) + 1;
    },
    family: () => ({ ...about, type: 'histogram', samples: [...series].flatMap(samplesOf) }),
  };

  function samplesOf([value, { buckets, count, sum }]: readonly [string, Bars]): readonly Sample[] {
    let below = 0;
    const steps = bounds.map((bound, at): Sample => {
      below += buckets[at] ?? 0;
      return { suffix: '_bucket', labels: { [label]: value, le: String(bound) }, value: below };
    });
    return [
      ...steps,
      { suffix: '_bucket', labels: { [label]: value, le: '+Inf' }, value: count },
      { suffix: '_sum', labels: { [label]: value }, value: sum },
      { suffix: '_count', labels: { [label]: value }, value: count },
    ];
  }
}
