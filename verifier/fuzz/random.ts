/** Numbers that follow from a seed and a place: every input of a run can be made again alone. */
export type Random = {
  /** An integer from 0 to `below` − 1. */
  readonly below: (below: number) => number;
  /** One of these. */
  readonly pick: <T>(from: readonly T[]) => T;
  /** True once in so many times. */
  readonly once: (inTimes: number) => boolean;
};

/** The random numbers of input `index` of the run `seed` (sfc32, its state spread by splitmix32). */
export function randomAt(seed: number, index: number): Random {
  let spread = (seed ^ Math.imul(index + 1, 0x9e3779b1)) | 0;
  const next = (): number => {
    spread = (spread + 0x9e3779b9) | 0;
    let mixed = Math.imul(spread ^ (spread >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) | 0;
  };
  let [a, b, c, counter] = [next(), next(), next(), index | 1];
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 4; i += 1) word();
  const below = (limit: number): number => word() % limit;
  return {
    below,
    pick: (from) => {
      if (from.length === 0) throw new RangeError('Nothing to pick from.');
      return from[below(from.length)] as (typeof from)[number];
    },
    once: (inTimes) => below(inTimes) === 0,
  };
}
