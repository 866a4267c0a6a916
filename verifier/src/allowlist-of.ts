import type { Allowlist, Freshness, Grant, Versions } from './allowlist.ts';
import type { DatedGrant, License } from './customer-role.ts';
import type { EntryTable } from './entry-table.ts';
import { judgeFreshness } from './freshness.ts';
import type { Court } from './judge-statement.ts';
import type { GrantEffect } from './custom.ts';
import { newestFirst } from './newest-first.ts';
import { subjectName } from './revocation.ts';
import { secondsOf } from './time.ts';

/** The parts of a bundle that requests are judged by, all verified. Times in seconds. */
export type AllowlistParts = {
  readonly court: Court;
  readonly deployment: string | null;
  readonly versions: Versions;
  readonly wall: number;
  readonly floorSince: number;
  readonly license: License;
  readonly grants: readonly DatedGrant[];
  readonly entries: EntryTable;
};

/** The allowlist of one bundle, as the check of requests asks it. Throws nothing. */
export function allowlistOf(parts: AllowlistParts): Allowlist {
  const { court, deployment, versions, wall, floorSince, license, entries } = parts;
  const licensed = { from: secondsOf(license.custom.validFrom), until: secondsOf(license.custom.expires) };
  const { ceilings, signedAt } = court;

  const grants = parts.grants.toSorted((a, b) => newestFirst(a.grant, b.grant));
  const inForce = (kind: GrantEffect['kind'], now: number): readonly Grant[] =>
    // Without a deployment there is no server here that a grant could be for.
    deployment === null || grants.length === 0
      ? []
      : grants
          .filter(({ grant, from, until }) => grant.custom.effect.kind === kind && from <= now && now < until)
          .map(({ grant }) => grant);

  let judged: { readonly now: number; readonly freshness: Freshness } | undefined;
  return {
    environment: court.environment,
    registry: court.registry,
    deployment: deployment ?? '',
    customer: license.custom.customer,
    versions,
    signedAt,
    floorSince,
    judgeNow: (now) => {
      // Asked of by every request, and twice by one that waits, it says the same for a second.
      if (judged !== undefined && judged.now === now) return judged.freshness;
      const longer = inForce('grace', now).map(({ custom: { effect } }) =>
        effect.kind === 'grace' ? effect.grace : 0,
      );
      const grantedGrace = Math.max(0, ...longer);
      const freshly = { signedAt, wall, license: license.custom, licensed, ceilings, grantedGrace };
      const freshness = judgeFreshness(freshly, now);
      judged = { now, freshness };
      return freshness;
    },
    findKey: entries.findKey,
    findAttester: entries.findAttester,
    isListed: entries.isListed,
    isKeyRevoked: (thumbprint) => court.revocations.has(subjectName({ kind: 'identity', thumbprint })),
    longestAttestation: ceilings.attestation,
    monitor: (now) => inForce('monitor', now)[0] ?? null,
    breakGlass: (now) => inForce('breakGlass', now)[0] ?? null,
  };
}
