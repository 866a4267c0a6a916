import type { JsonObject } from '../../src/json.ts';
import { secondsOf } from '../../src/time.ts';
import { read, readText } from '../kind.ts';

/** A clock that stands still until a step of a vector moves it. */
export type GivenClock = { readonly moveTo: (moment: Moment) => void };

/** When a step happens: by the system clock, and how much later than the step before by a clock that nobody can set. In seconds. */
export type Moment = { readonly at: number; readonly passed: number | undefined };

/** Reads `at` and `passed` of a step. */
export function readMoment(step: JsonObject): Moment {
  const { at, passed } = step;
  return {
    at: secondsOf(readText(at, 'at')),
    passed: passed === undefined ? undefined : read.integer(passed, 'passed', 0, 1_000_000_000),
  };
}

/**
 * Runs `act` with the process's two clocks in the hand of a vector, as an owner of the machine could have them, so that the product's
 * own clock (SPEC §8) is what judges. Synchronous; afterwards the clocks go on.
 */
export function underGivenClock<T>(act: (clock: GivenClock) => T): T {
  const { now: systemNow } = Date;
  let system: number | undefined;
  let monotonic = 0;
  Date.now = () => (system ?? 0) * 1000;
  performance.now = () => monotonic * 1000;
  try {
    return act({
      moveTo: ({ at, passed }) => {
        monotonic += passed ?? (system === undefined ? 0 : Math.max(0, at - system));
        system = at;
      },
    });
  } finally {
    Date.now = systemNow;
    // What was set above hides the method that all clocks of this kind share.
    Reflect.deleteProperty(performance, 'now');
  }
}
