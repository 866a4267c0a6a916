import type { Moment } from '../../vectors/kinds/given-clock.ts';

/** `underGivenClock` for what waits: both clocks of the process stand still until they are moved, through every wait of `act`. */
export async function underAwaitedClock<T>(
  act: (moveTo: (moment: Moment) => void) => Promise<T>,
): Promise<T> {
  const { now: systemNow } = Date;
  let system: number | undefined;
  let monotonic = 0;
  Date.now = () => (system ?? 0) * 1000;
  performance.now = () => monotonic * 1000;
  try {
    return await act(({ at, passed }) => {
      monotonic += passed ?? (system === undefined ? 0 : Math.max(0, at - system));
      system = at;
    });
  } finally {
    Date.now = systemNow;
    // What was set above hides the method that all clocks of this kind share.
    Reflect.deleteProperty(performance, 'now');
  }
}
