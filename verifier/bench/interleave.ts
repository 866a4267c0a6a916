/** Makes ready, untimed, what a batch of so many calls needs, and returns the call. */
export type Case = (calls: number) => () => void;

/**
 * Runs every case in short batches, one after the other, round after round, and gives the median time of one call in
 * microseconds: a machine that is disturbed for a while disturbs all of them alike. As many rounds go before, uncounted.
 */
export function interleave(
  cases: ReadonlyMap<string, Case>,
  { calls, rounds }: { readonly calls: number; readonly rounds: number },
): ReadonlyMap<string, number> {
  const times = new Map<string, number[]>();
  for (let round = -rounds; round < rounds; round += 1) {
    for (const [name, prepare] of cases) {
      const call = prepare(calls);
      const start = process.hrtime.bigint();
      for (let i = 0; i < calls; i += 1) call();
      const each = Number(process.hrtime.bigint() - start) / 1000 / calls;
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), each]);
    }
  }
  return new Map([...times].map(([name, each]) => [name, median(each)]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
