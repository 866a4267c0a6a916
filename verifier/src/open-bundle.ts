import type { Allowlist, Versions } from './allowlist.ts';
import { allowlistOf } from './allowlist-of.ts';
import type { Anchor } from './anchor.ts';
import { readBundle, type Bundle } from './bundle.ts';
import { inOrder, type BundleFiles } from './bundle-files.ts';
import { canonicalText } from './canonical.ts';
import { sha256HexOfText } from './crypto.ts';
import { grantsOf, licenseOf, type License } from './customer-role.ts';
import { tableOf, type EntryTable, type Judged } from './entry-table.ts';
import { floorFor, raise, requireAbove, type Floor } from './floor.ts';
import type { Court } from './judge-statement.ts';
import { openPartnerRoles, type OpenedPartnerRole } from './open-partner-roles.ts';
import { openTop, requireAnchorMinimum, takeTargets, type Leaf, type Top } from './open-top.ts';
import { isLoopbackOrigin } from './origin.ts';
import type { RefusedTarget } from './partner-entries.ts';
import { Refused } from './refused.ts';
import { mergeRevocations } from './revocation.ts';
import * as shape from './shape.ts';
import { rememberSigners, type SignersMemo } from './signers-memo.ts';
import { timeOf } from './time.ts';

export type OpenOptions = {
  readonly anchor: Anchor;
  /** The deployment whose key is held here; null where a bundle is judged for no server (the portal's own check). */
  readonly deployment: string | null;
  /** The configured origin, which must be licensed for the deployment; null or absent to judge none. */
  readonly origin?: string | null;
  /** What is loaded now: only saves verifying again what did not change. */
  readonly held: OpenedBundle | null;
  readonly floor: Floor | null;
  /** SPEC §8's now, in seconds. */
  readonly now: number;
  /** The system clock, in seconds. */
  readonly systemClock: number;
  /**
   * `load` (the default) judges expiry and clock now; `replay` opens what was loaded before a restart, and leaves both to the check of
   * every request, so that a verifier past its wall still knows what it trusts.
   */
  readonly purpose?: 'load' | 'replay';
  readonly memo?: SignersMemo;
};

/** A bundle that was verified whole; nothing in it is trusted further than its types say. Times in seconds. */
export type OpenedBundle = {
  readonly customer: { readonly id: string; readonly name: string };
  readonly license: License;
  readonly allowlist: Allowlist;
  readonly entries: EntryTable;
  /** What was refused while reading: malformed entries, and grants that are not approved. */
  readonly refused: readonly RefusedTarget[];
  /** Judges every entry's approvals now, and lists all that were refused. */
  readonly judgeAll: () => Judged;
  /** Judges the entries at these paths, and nothing else: what is new in a registry that is large. */
  readonly judgeOnly: (paths: ReadonlySet<string>) => Judged;
  readonly versions: Versions;
  readonly signedAt: number;
  /** The earliest `expires` of its metadata. */
  readonly wall: number;
  /** The floor once this bundle is loaded. */
  readonly nextFloor: Floor;
  readonly partnerRoles: ReadonlyMap<string, OpenedPartnerRole>;
};

/**
 * Opens a bundle (SPEC §6, §7.1): no I/O, no clock, nothing changed. Throws `Refused` with the first rule that fails; then no state has
 * moved. What it returns is in force once the caller has written `nextFloor` down.
 */
export function openBundle(bytes: Uint8Array, options: OpenOptions): OpenedBundle {
  return openBundleParts(readBundle(bytes), options);
}

/**
 * The same, of a bundle that has not been put together: the portal opens what it is about to publish, and packs it for those who fetch
 * it. A packed file that is the very array of `held` is not looked at again.
 */
export function openBundleParts(bundle: Bundle, options: OpenOptions): OpenedBundle {
  const { anchor, floor } = options;
  const files = inOrder(bundle);
  if (files.index.registry !== anchor.registry || (floor !== null && floor.registry !== anchor.registry)) {
    throw new Refused('wrong_registry', `It is of registry ${files.index.registry.slice(0, 16)}….`);
  }
  const top = openTop(files, {
    anchor,
    floor,
    now: options.now,
    systemClock: options.systemClock,
    purpose: options.purpose ?? 'load',
  });
  const standing = floor === null ? null : floorFor(floor, { ...top.candidate, registry: anchor.registry });
  if (standing !== null) requireAbove(standing, { ...top.candidate, registry: anchor.registry });
  requireAnchorMinimum(top, anchor);

  const court = courtOf(top, anchor, files.index.customer, standing, options.memo ?? rememberSigners());
  const customer = openCustomer(files, top, court, options);
  const { license } = customer;
  if (floor === null) requireFresh(license, court, options.now);

  const roles = openPartnerRoles(
    files,
    top.set,
    top.roles,
    license.custom.partners,
    options.held?.partnerRoles,
  );
  files.end();
  const all: Leaf[] = [customer.leaf, ...roles.values()];
  const candidate = {
    ...top.candidate,
    registry: anchor.registry,
    roles: [...top.candidate.roles, ...all.map((leaf) => leaf.floor)],
  };
  if (standing !== null) requireAbove(standing, candidate);

  const nextFloor = raise(standing, candidate);
  const wall = Math.min(top.wall, ...all.map(({ expires }) => expires));
  const contents = new Map([...roles].map(([role, { content }]) => [role, content]));
  const entries = tableOf(contents, court, options.held?.entries);
  const parts = {
    court,
    deployment: options.deployment,
    wall,
    floorSince: nextFloor.since,
    license,
    entries,
  };
  const refused = [...customer.refused, ...[...contents.values()].flatMap((content) => content.refused)];
  return {
    customer: license.custom.customer,
    license,
    allowlist: allowlistOf({ ...parts, versions: top.versions, grants: customer.grants }),
    entries,
    refused,
    judgeAll: () => {
      entries.judgeSome(Number.MAX_SAFE_INTEGER);
      const judged = entries.judged();
      return { entries: judged.entries, refused: [...refused, ...judged.refused] };
    },
    judgeOnly: entries.judgeOnly,
    versions: top.versions,
    signedAt: court.signedAt,
    wall,
    nextFloor,
    partnerRoles: roles,
  };
}

type OpenedCustomer = ReturnType<typeof grantsOf> & { readonly leaf: Leaf; readonly license: License };

/** The customer's role: the licence, approved and for this deployment and origin, and the grants. */
function openCustomer(files: BundleFiles, top: Top, court: Court, options: OpenOptions): OpenedCustomer {
  const role = court.customer;
  const delegation = top.roles.get(role);
  if (delegation === undefined) throw new Refused('bundle_shape', `There is no role ${role}.`);
  const opened = takeTargets(files, top.set, role, delegation);
  shape.requireLeaf(role, opened.trusted);
  const { targets } = opened.trusted.body;
  const license = licenseOf(role, targets, court);
  requireDeployment(license, court, options);
  return { leaf: opened, license, ...grantsOf(role, targets, court, options.deployment) };
}

function courtOf(top: Top, anchor: Anchor, customer: string, floor: Floor | null, memo: SignersMemo): Court {
  const { roster, ceilings } = top.policy;
  return {
    registry: anchor.registry,
    environment: anchor.environment,
    customer,
    roster,
    rosterDigest: sha256HexOfText(canonicalText(roster)),
    ceilings,
    // What was loaded once stays revoked, whatever the online keys sign now (SPEC §5).
    revocations: mergeRevocations(floor?.revocations.values() ?? [], top.candidate.revocations),
    signedAt: top.candidate.signedAt,
    memo,
  };
}

function requireDeployment(
  license: License,
  { environment }: Court,
  { deployment, origin = null }: OpenOptions,
): void {
  if (deployment === null) return;
  const licensed = license.custom.deployments.find(({ id }) => id === deployment);
  if (licensed === undefined) {
    throw new Refused('license_other_deployment', `The deployment here is ${deployment}.`, { deployment });
  }
  if (origin === null) return;
  if (!licensed.origins.includes(origin))
    throw new Refused('origin_not_licensed', `${origin} is not in the licence.`);
  // Development keys lie about unprotected: whoever has them must not be able to open anybody's real server.
  if (environment === 'development' && !isLoopbackOrigin(origin)) {
    throw new Refused('origin_not_licensed', `A development registry admits nothing at ${origin}.`);
  }
}

/** Without a floor nothing tells a replayed bundle from the newest, but that it is fresh (SPEC §7.1). */
function requireFresh(license: License, { ceilings, signedAt }: Court, now: number): void {
  if (now - signedAt > Math.min(license.custom.fresh, ceilings.fresh)) {
    throw new Refused('floor_missing', `It was signed at ${timeOf(signedAt)}, which is no longer fresh.`);
  }
}
