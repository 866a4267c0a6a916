/**
 * Runs every case in short batches, one after the other, round after round, and gives the median time of one call in
 * microseconds: a machine that is disturbed for a while disturbs all of them alike. `calls` and `rounds` are for each case.
 */
export function interleave<Name extends string>(
  cases: ReadonlyMap<Name, () => void>,
  { calls, rounds }: { readonly calls: number; readonly rounds: number },
): ReadonlyMap<Name, number> {
  const times = new Map<Name, number[]>([...cases.keys()].map((name) => [name, []]));
  const warmUp = Math.ceil(rounds / 10);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [name, work] of cases) {
      const start = process.hrtime.bigint();
      for (let call = 0; call < calls; call += 1) work();
      const each = Number(process.hrtime.bigint() - start) / 1000 / calls;
      if (round >= 0) times.get(name)?.push(each);
    }
  }
  return new Map([...times].map(([name, each]) => [name, median(each)]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
