import { Refused } from './refused.ts';
import { timeOf } from './time.ts';

/** How far below the signed time the system clock may be (SPEC §8), in seconds. */
const tolerance = 300;

/**
 * SPEC §8's now. The owner of the machine owns its clock: time that was signed, and what has passed since by a clock that cannot be set,
 * is a lower bound that he does not own.
 */
export type Clock = {
  /** The system clock, in milliseconds. */
  readonly system: () => number;
  /** max(system clock, signed time + monotonic time since then), in milliseconds; reads each clock once. Throws `clock_behind`. */
  readonly now: () => number;
  /** The same, without refusing: for loading, which a clock that is behind must not keep from refusing for its own reasons. */
  readonly latest: () => number;
  /** Tells the signed time (seconds) of what is loaded now. */
  readonly anchorAt: (signedAt: number) => void;
};

/** A clock that has not heard of any signed time yet. */
export function startClock(): Clock {
  let signed: { readonly at: number; readonly monotonic: number } | undefined;
  const least = (): number => (signed === undefined ? 0 : signed.at + performance.now() - signed.monotonic);
  return {
    system: () => Date.now(),
    now: () => {
      const system = Date.now();
      if (signed !== undefined && system < signed.at - tolerance * 1000) {
        const [signedAt, here] = [Math.floor(signed.at / 1000), Math.floor(system / 1000)];
        const seen = `The bundle was signed at ${timeOf(signedAt)}; the clock shows ${timeOf(Math.max(0, here))}.`;
        throw new Refused('clock_behind', seen, { signedAt, systemClock: here });
      }
      return Math.max(system, least());
    },
    latest: () => Math.max(Date.now(), least()),
    anchorAt: (signedAt) => {
      signed = { at: signedAt * 1000, monotonic: performance.now() };
    },
  };
}
