import type { Freshness, Versions } from './allowlist.ts';
import type { Anchor } from './anchor.ts';
import { attempt, nullIfRefused } from './attempt.ts';
import type { Clock } from './clock.ts';
import { count, duration } from './duration.ts';
import { installedVersion } from './installed-anchor.ts';
import type { OpenedBundle } from './open-bundle.ts';
import { Refused } from './refused.ts';
import type { Environment } from './custom.ts';
import type { Store } from './store.ts';
import { timeOf, type Time } from './time.ts';

/** Where the verifier stands. Durations in seconds. */
export type Status = {
  readonly vendor: string | null;
  readonly version: string;
  readonly environment: Environment | null;
  readonly registry: string | null;
  readonly deployment: string | null;
  readonly origin: string;
  /** Why no app at all is admitted now; null while apps are. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** Why the newest bundle that was offered, or the stored one, was refused; null when it was not. */
  readonly lastRefusal: { readonly code: string; readonly message: string } | null;
  readonly allowlist: AllowlistStatus | null;
  /** How far this machine's clock is behind the earliest time that it can be (SPEC §8); 0 where it is not. */
  readonly clockBehind: number;
  /**
   * When two processes were last seen to check over this state folder, within the last day, without sharing nonces: each would admit a
   * captured request once. Null where nobody has seen that.
   */
  readonly sharedAt: Time | null;
};

export type AllowlistStatus = {
  readonly versions: Versions;
  readonly signedAt: Time;
  /** Since when this bundle is in this state folder, by the clock of that time: nodes that agree in `versions` hold the same one. */
  readonly loadedAt: Time | null;
  readonly age: number;
  readonly freshness: Freshness['kind'] | 'expired';
  /** The ends of freshness and of grace, from when on every check is refused, unless a new bundle is loaded. */
  readonly freshUntil: Time | null;
  readonly expires: Time | null;
  /** The earliest end of any signed role. */
  readonly wall: Time;
  /** Nothing older than this is known here: the floor was begun with a bundle of that time. */
  readonly floorSince: Time;
  readonly customer: { readonly id: string; readonly name: string };
  readonly license: { readonly from: Time; readonly expires: Time };
  readonly builds: {
    readonly listed: number;
    readonly partners: number;
    readonly approved: number;
    readonly refused: number;
    /** Whose approvals are verified when they are first used. */
    readonly unjudged: number;
  };
  /** The first hundred statements that were refused. */
  readonly refused: readonly { readonly path: string; readonly code: string; readonly message: string }[];
  readonly grants: { readonly monitor: Time | null; readonly breakGlass: Time | null };
};

/** What is loaded, as far as a status tells of it. */
export type Standing = Pick<Store, 'deployment' | 'current' | 'loadedAt' | 'lastRefusal' | 'sharedAt'>;

/** Puts the status together. `store` throws what stands against having one at all. Throws nothing. */
export function openStatus(from: {
  readonly anchor: Anchor | Refused;
  readonly origin: string;
  readonly clock: Clock;
  readonly store: () => Standing;
}): Status {
  const { clock, origin } = from;
  const anchor = from.anchor instanceof Refused ? null : from.anchor;
  const base = {
    vendor: anchor?.vendor.name ?? null,
    version: installedVersion(),
    environment: anchor?.environment ?? null,
    registry: anchor?.registry ?? null,
    origin,
    clockBehind: Math.max(0, Math.floor((clock.latest() - clock.system()) / 1000)),
    deployment: null,
    lastRefusal: null,
    allowlist: null,
    sharedAt: null,
  };
  try {
    const store = from.store();
    const current = store.current();
    const now = Math.floor(clock.latest() / 1000);
    const judge = (): void => {
      if (current === null) throw noBundle(store);
      clock.now();
      current.allowlist.judgeNow(now);
    };
    return {
      ...base,
      deployment: store.deployment,
      problem: plain(attempt(judge) ?? null),
      lastRefusal: plain(store.lastRefusal()),
      allowlist: current === null ? null : allowlistStatus(current, store.loadedAt(), now),
      sharedAt: store.sharedAt(),
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...base, problem: plain(error) };
  }
}

/** That nothing is loaded, naming the deployment that a bundle has to be made for, and why the stored one does not count. */
export function noBundle({ deployment, lastRefusal }: Standing): Refused {
  const refusal = lastRefusal();
  const why = refusal === null ? '' : ` The last one was refused: ${refusal.code}.`;
  const because = refusal === null ? {} : { because: refusal.code };
  return new Refused('no_bundle', `The deployment here is ${deployment}.${why}`, { deployment, ...because });
}

/** What of an opened bundle people ask about, at `now`; `loadedAt` is when it came. Both in seconds. Throws nothing. */
export function allowlistStatus(opened: OpenedBundle, loadedAt: number | null, now: number): AllowlistStatus {
  const { allowlist, entries, license, versions } = opened;
  const freshness = freshnessAt(opened, now);
  const judged = entries.judged();
  const refused = [...opened.refused, ...judged.refused];
  const { listed } = entries;
  return {
    versions,
    signedAt: timeOf(opened.signedAt),
    loadedAt: loadedAt === null || loadedAt >= 253402300800 ? null : timeOf(loadedAt),
    age: Math.max(0, now - opened.signedAt),
    freshness: freshness?.kind ?? 'expired',
    freshUntil: freshness === null ? null : timeOf(freshness.freshUntil),
    expires: freshness === null ? null : timeOf(freshness.expires),
    wall: timeOf(opened.wall),
    floorSince: timeOf(opened.nextFloor.since),
    customer: opened.customer,
    license: { from: license.custom.validFrom, expires: license.custom.expires },
    builds: {
      listed: listed.entries,
      partners: listed.partners,
      approved: judged.entries.length,
      refused: refused.length,
      unjudged: listed.entries - judged.entries.length - judged.refused.length,
    },
    refused: refused
      .slice(0, 100)
      .map(({ path, reason }) => ({ path, code: reason.code, message: reason.message })),
    grants: {
      monitor: allowlist.monitor(now)?.custom.expires ?? null,
      breakGlass: allowlist.breakGlass(now)?.custom.expires ?? null,
    },
  };
}

/** The first line in a server's log: whose verifier it is, and what it rests on. */
export function statusLine(status: Status): string {
  const { allowlist, problem } = status;
  const parts = [`${status.vendor ?? 'AppWarrant'} verifier ${status.version}`];
  if (allowlist === null) {
    parts.push(`refuses every request: ${problem?.code ?? 'no_bundle'}`);
    if (status.deployment !== null) parts.push(`deployment ${status.deployment}`);
  } else {
    const { builds } = allowlist;
    parts.push(
      `allowlist ${allowlist.versions.timestamp}, signed ${duration(allowlist.age)} ago, ${freshnessWords(allowlist)}`,
    );
    parts.push(`${count(builds.approved + builds.unjudged, 'build')}, ${count(builds.partners, 'partner')}`);
    if (builds.refused > 0) parts.push(`${builds.refused} refused`);
    // Whoever reads one line only must not miss that unapproved apps come in.
    if (allowlist.grants.monitor !== null) parts.push(`MONITOR MODE until ${allowlist.grants.monitor}`);
    if (allowlist.grants.breakGlass !== null) parts.push(`BREAK-GLASS until ${allowlist.grants.breakGlass}`);
    if (problem !== null) parts.push(`refuses every request: ${problem.code}`);
  }
  if (status.environment === 'development') parts.push('DEVELOPMENT KEYS');
  return parts.join(' · ');
}

function freshnessWords({ freshness, freshUntil, expires, signedAt, age }: AllowlistStatus): string {
  const now = Date.parse(signedAt) / 1000 + age;
  const left = (until: Time | null): string =>
    duration(Math.max(0, Date.parse(until ?? signedAt) / 1000 - now));
  switch (freshness) {
    case 'fresh':
      return `fresh ${left(freshUntil)}`;
    case 'stale':
      return `STALE, refused in ${left(expires)}`;
    case 'expired':
      return 'EXPIRED';
  }
}

function freshnessAt({ allowlist }: OpenedBundle, now: number): Freshness | null {
  return nullIfRefused(() => allowlist.judgeNow(now));
}

function plain(refused: Refused | null): Status['problem'] {
  return refused === null ? null : { code: refused.code, message: refused.message };
}
