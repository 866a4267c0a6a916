/**
 * Makes ready, untimed, what a batch of so many calls needs, and returns the call. Calls that give promises are begun one after the other
 * and waited for together, as a server does.
 */
export type Case = (calls: number) => Call | Promise<Call>;
type Call = () => undefined | Promise<unknown>;

/**
 * Runs every case in short batches, one after the other, round after round, and gives the median time of one call in
 * microseconds: a machine that is disturbed for a while disturbs all of them alike. Half as many rounds go before, uncounted.
 */
export async function interleave(
  cases: ReadonlyMap<string, Case>,
  { calls, rounds }: { readonly calls: number; readonly rounds: number },
): Promise<ReadonlyMap<string, number>> {
  const times = new Map<string, number[]>([...cases.keys()].map((name) => [name, []]));
  for (let round = -rounds / 2; round < rounds; round += 1) {
    for (const [name, prepare] of cases) {
      const call = await prepare(calls);
      const each = (await timeOf(call, calls)) / calls;
      if (round >= 0) times.get(name)?.push(each);
    }
  }
  return new Map([...times].map(([name, each]) => [name, median(each)]));
}

/** How long some calls take together, in microseconds. */
async function timeOf(call: Call, calls: number): Promise<number> {
  const pending: Promise<unknown>[] = [];
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i += 1) {
    const result = call();
    if (result !== undefined) pending.push(result);
  }
  // To wait costs a turn of the event loop, which what is synchronous does not need.
  if (pending.length > 0) await Promise.all(pending);
  return Number(process.hrtime.bigint() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
