import type { Freshness } from './allowlist.ts';
import { Refused } from './refused.ts';
import type { Ceilings } from './roster.ts';
import type { LicenseCustom } from './custom.ts';
import { timeOf } from './time.ts';

/** What freshness is judged by (SPEC §8); times and durations in seconds. */
export type Freshly = {
  readonly signedAt: number;
  /** The earliest `expires` of all metadata in use. */
  readonly wall: number;
  readonly license: LicenseCustom;
  /** The licence's dates, in seconds. */
  readonly licensed: { readonly from: number; readonly until: number };
  readonly ceilings: Ceilings;
  /** What a grant in force allows, instead of the licence's shorter grace; 0 for none. */
  readonly grantedGrace: number;
};

/**
 * Fresh or stale at `now` (seconds). Throws `allowlist_expired` past grace or the wall, `license_expired` outside the licence's dates.
 * Both ends belong to the better state: fresh while age ≤ fresh, stale while age ≤ fresh + grace.
 */
export function judgeFreshness(freshly: Freshly, now: number): Freshness {
  const { signedAt, wall, license, licensed, ceilings, grantedGrace } = freshly;
  const age = Math.max(0, now - signedAt);
  const freshUntil = signedAt + Math.min(license.fresh, ceilings.fresh);
  const grace = Math.min(Math.max(license.grace, grantedGrace), ceilings.grace);
  const expires = Math.min(freshUntil + grace, wall - 1);
  if (now > expires) {
    const because =
      now >= wall
        ? `its metadata ended at ${timeOf(wall)}`
        : `its grace ended at ${timeOf(freshUntil + grace)}`;
    throw new Refused(
      'allowlist_expired',
      `The bundle in use was signed at ${timeOf(signedAt)}; ${because}.`,
      { age },
    );
  }
  if (now < licensed.from) {
    throw new Refused('license_expired', `The licence begins at ${license.validFrom}.`);
  }
  if (now >= licensed.until) throw new Refused('license_expired', `The licence ended at ${license.expires}.`);
  return {
    kind: now <= freshUntil ? 'fresh' : 'stale',
    signedAt,
    age,
    freshUntil: Math.min(freshUntil, expires),
    expires,
  };
}
