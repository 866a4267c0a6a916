import { describe, expect, test } from 'vitest';
import { startClock, type Clock } from '../../src/clock.ts';
import { timeOf } from '../../src/formats.ts';
import { underGivenClock } from '../../vectors/kinds/given-clock.ts';
import { refusal } from '../compose/story.ts';

// SPEC §8's now, with both clocks of the process in a test's hand.

const signedAt = 1_900_000_000;

/** What a clock says after signed time was told at one moment, and both of the process's clocks have gone on. */
function afterwards<T>(
  { told, system, passed }: { told: number; system: number; passed: number },
  ask: (clock: Clock) => T,
): T {
  return underGivenClock(({ moveTo }) => {
    moveTo({ at: told, passed: undefined });
    const clock = startClock();
    clock.anchorAt(signedAt);
    moveTo({ at: system, passed });
    return ask(clock);
  });
}
const now = (at: { told: number; system: number; passed: number }): number =>
  afterwards(at, (clock) => clock.now()) / 1000;

describe('The clock', () => {
  test('that has heard of no signed time is the system’s', () => {
    underGivenClock(({ moveTo }) => {
      for (const at of [0, 5, signedAt]) {
        moveTo({ at, passed: 1000 });
        const clock = startClock();
        expect([clock.system(), clock.now(), clock.latest()]).toEqual([at * 1000, at * 1000, at * 1000]);
      }
    });
  });

  test('is never below signed time and what has passed since', () => {
    expect(now({ told: signedAt, system: signedAt + 50, passed: 50 })).toBe(signedAt + 50);
    expect(now({ told: signedAt, system: signedAt + 10, passed: 50 })).toBe(signedAt + 50);
    expect(now({ told: signedAt, system: signedAt - 300, passed: 50 })).toBe(signedAt + 50);
    expect(now({ told: signedAt, system: signedAt + 80, passed: 50 })).toBe(signedAt + 80);
    expect(now({ told: signedAt + 700, system: signedAt + 710, passed: 10 })).toBe(signedAt + 710);
  });

  test('counts what has passed from when it was told, not from its start', () => {
    underGivenClock(({ moveTo }) => {
      moveTo({ at: signedAt, passed: undefined });
      const clock = startClock();
      moveTo({ at: signedAt, passed: 1000 });
      clock.anchorAt(signedAt);
      expect(clock.now() / 1000).toBe(signedAt);
      clock.anchorAt(signedAt + 100);
      moveTo({ at: signedAt, passed: 7 });
      expect(clock.now() / 1000).toBe(signedAt + 107);
      expect(clock.system() / 1000).toBe(signedAt);
    });
  });

  test('refuses where the system clock is more than five minutes below signed time, and says both', () => {
    for (const passed of [0, 1, 10_000]) {
      expect(now({ told: signedAt, system: signedAt - 300, passed })).toBe(signedAt + passed);
      const { members, seen } = refusal('clock_behind', () =>
        now({ told: signedAt, system: signedAt - 301, passed }),
      );
      expect(members).toEqual({ signedAt, systemClock: signedAt - 301 });
      expect(seen).toContain(timeOf(signedAt - 301));
    }
  });

  test('tells who loads the latest of what is known, without refusing', () => {
    const latest = (system: number): number =>
      afterwards({ told: signedAt, system, passed: 50 }, (clock) => clock.latest()) / 1000;
    expect(latest(0)).toBe(signedAt + 50);
    expect(latest(signedAt - 301)).toBe(signedAt + 50);
    expect(latest(signedAt + 51)).toBe(signedAt + 51);
  });
});
