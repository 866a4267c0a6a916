import type { Anchor } from '../../anchor.ts';
import { startClock } from '../../clock.ts';
import { readDeployment } from '../../deployment-id.ts';
import { installedAnchor } from '../../installed-anchor.ts';
import { attempt } from '../../attempt.ts';
import { lookAtFloor, lookAtState, type FoundFloor, type Sight } from '../../look-at-state.ts';
import type { OpenedBundle } from '../../open-bundle.ts';
import { isOrigin } from '../../origin.ts';
import { Refused } from '../../refused.ts';
import { rememberSigners } from '../../signers-memo.ts';

/** Everything that was seen of a site, each part on its own: what is broken hides nothing else. Times in seconds. */
export type Site = {
  readonly folder: string;
  readonly origin: string | null;
  readonly anchor: Anchor | Refused;
  /** Null before activation. */
  readonly deployment: string | Refused | null;
  readonly floor: FoundFloor | Refused;
  readonly sight: Sight | Refused;
  /** What is loaded, as far as it can be opened without an origin; null for nothing. */
  readonly opened: OpenedBundle | null;
  readonly bytes: Uint8Array | null;
  /** Why the given origin does not do; null when it does, or when none was given. */
  readonly originRefused: Refused | null;
  /** Why every request is refused now; null while apps are admitted. */
  readonly problem: Refused | null;
  readonly system: number;
  /** SPEC §8's now. */
  readonly now: number;
};

/**
 * Looks at everything, changes nothing and throws nothing that the verifier foresees. `memo` saves those who look again and again
 * verifying again what did not change.
 */
export function lookAtSite(folder: string, origin: string | null, memo = rememberSigners()): Site {
  const anchor = attempt(installedAnchor);
  const clock = startClock();
  const usable = origin === null || isOrigin(origin);
  const look = (at: string | null, held: OpenedBundle | null): Sight | Refused =>
    anchor instanceof Refused
      ? anchor
      : attempt(() => lookAtState({ anchor, folder, origin: at, clock, memo, held }));

  // An origin that is not licensed refuses the bundle; what is in the bundle is worth seeing all the same.
  const sight = look(null, null);
  const current = sight instanceof Refused ? null : sight.current();
  const strict = origin === null || !usable ? sight : look(origin, current);
  const lost = !(strict instanceof Refused) && strict.current() === null ? strict.lastRefusal() : null;
  const originRefused = usable ? (current === null ? null : lost) : malformed(origin);
  const system = Math.floor(clock.system() / 1000);
  const now = Math.floor(clock.latest() / 1000);
  return {
    folder,
    origin,
    anchor,
    deployment: attempt(() => readDeployment(folder)),
    floor: attempt(() => lookAtFloor(folder)),
    sight,
    opened: current,
    bytes: bytesOf(sight),
    originRefused,
    problem: problemOf(sight, originRefused, () => {
      clock.now();
      current?.allowlist.judgeNow(now);
    }),
    system,
    now,
  };
}

function problemOf(sight: Sight | Refused, origin: Refused | null, judge: () => void): Refused | null {
  if (sight instanceof Refused) return sight;
  if (sight.current() === null) return sight.lastRefusal() ?? new Refused('no_bundle');
  if (origin !== null) return origin;
  const judged = attempt(judge);
  return judged instanceof Refused ? judged : null;
}

function bytesOf(sight: Sight | Refused): Uint8Array | null {
  if (sight instanceof Refused) return null;
  const found = [sight.incoming, sight.bundle].find(
    (each) => each !== null && each.opened === sight.current(),
  );
  return found?.bytes ?? null;
}

function malformed(origin: string): Refused {
  return new Refused('origin_malformed', JSON.stringify(origin.slice(0, 200)));
}
