/** What was measured now and then. Times in seconds, but `p50` and `p99` in milliseconds; memory in bytes; `cpu` in microseconds since the start. */
export type Sample = {
  readonly at: number;
  readonly answered: number;
  /** Memory of the server, and what of it is in use once what is not has been thrown away. */
  readonly resident: number;
  readonly live: number;
  readonly cpu: number;
  readonly p50: number;
  readonly p99: number;
  /** Of the machine. */
  readonly load: number;
};

export type Soaked = {
  readonly seconds: number;
  /** Asked for, in requests a second. */
  readonly rate: number;
  readonly answered: number;
  /** How many could not be sent in time. */
  readonly late: number;
  readonly broken: number;
  /** What should have become of requests, and what became of them. */
  readonly wrong: readonly { readonly what: string; readonly count: number }[];
  readonly admittedTwice: number;
  readonly loads: number;
  readonly expected: Readonly<Record<string, number>>;
  readonly samples: readonly Sample[];
};

export type SoakVerdict = Soaked & {
  readonly passed: boolean;
  readonly lines: readonly string[];
};

/** Nonces are kept for 90 seconds: until then memory has to grow. */
const warmUp = 120;
/** What live memory may have grown by since, in bytes: caches that fill slowly, and revocations, which are never forgotten. */
const mostGrown = 8 * 2 ** 20;

/** Whether a soak has passed: nothing admitted twice, nothing answered otherwise than it should be, no connection broken, memory flat. */
export function judgeSoak(soaked: Soaked): SoakVerdict {
  const { seconds, rate, answered, late, broken, wrong, admittedTwice, loads, expected, samples } = soaked;
  const settled = samples.filter(({ at }) => at >= warmUp);
  const third = Math.max(1, Math.floor(settled.length / 3));
  const [early, end] = [settled.slice(0, third), settled.slice(-third)].map((some) =>
    mean(some.map(({ live }) => live)),
  ) as [number, number];
  const grown = settled.length < 6 ? null : end - early;
  const wrongs = wrong.reduce((sum, { count }) => sum + count, 0);
  const passed =
    admittedTwice === 0 && wrongs === 0 && broken === 0 && (grown === null || grown <= mostGrown);
  const reached = answered / seconds;
  const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const residents = settled.map(({ resident }) => resident);
  const [first, last] = [samples[0], samples.at(-1)];
  const cpu =
    first === undefined || last === undefined
      ? 0
      : (last.cpu - first.cpu) / Math.max(1, last.answered - first.answered);
  const lines = [
    `${answered.toLocaleString('en')} requests in ${(seconds / 60).toFixed(1)} minutes: ${reached.toFixed(0)} a second of ${String(rate)} asked for; ${late.toLocaleString('en')} could not be sent in time.`,
    `Answered as they should be: ${Object.entries(expected)
      .map(([what, count]) => `${what} ${count.toLocaleString('en')}`)
      .join(', ')}.`,
    `${String(loads)} bundles were loaded meanwhile. ${cpu.toFixed(0)} µs of the server's processor time a request. Machine's load ${Math.min(...samples.map(({ load }) => load)).toFixed(1)} to ${Math.max(...samples.map(({ load }) => load)).toFixed(1)}.`,
    `p50 ${median(settled.map(({ p50 }) => p50)).toFixed(1)} ms, p99 ${median(settled.map(({ p99 }) => p99)).toFixed(1)} ms (medians of half minutes).`,
    grown === null
      ? 'Too short to judge memory by: it takes five minutes.'
      : `Live memory ${mib(early)} at first, ${mib(end)} at the end (${grown >= 0 ? '+' : ''}${mib(grown)}); resident ${mib(Math.min(...residents))} to ${mib(Math.max(...residents))}.`,
    ...wrong.map(({ what, count }) => `WRONG: ${what}, ${count.toLocaleString('en')} times.`),
    `VERDICT: ${passed ? 'passed' : 'failed'}. Admitted twice: ${String(admittedTwice)}. Answered wrongly: ${String(wrongs)}. Connections broken: ${String(broken)}.`,
  ];
  return { ...soaked, passed, lines };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
