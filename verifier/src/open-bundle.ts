import type { Allowlist, Versions } from './allowlist.ts';
import { allowlistOf } from './allowlist-of.ts';
import type { Anchor } from './anchor.ts';
import { readBundle, type Bundle } from './bundle.ts';
import { inOrder, type BundleFiles } from './bundle-files.ts';
import { canonicalText } from './canonical.ts';
import { sha256HexOfText } from './crypto.ts';
import { grantsOf, licenseOf, type License } from './customer-role.ts';
import { tableOf, type EntryTable, type Judged } from './entry-table.ts';
import { floorFor, raise, requireAbove, type Floor, type RoleFloor } from './floor.ts';
import type { Court } from './judge-statement.ts';
import { openPartnerRoles, type OpenedPartnerRole } from './open-partner-roles.ts';
import { openRoots } from './open-roots.ts';
import { isLoopbackOrigin } from './origin.ts';
import type { RefusedTarget, UnverifiedEntry } from './partner-entries.ts';
import { Refused } from './refused.ts';
import { mergeRevocations, type Revocation } from './revocation.ts';
import * as shape from './shape.ts';
import { rememberSigners, type SignersMemo } from './signers-memo.ts';
import { secondsOf, timeOf } from './time.ts';
import { keyDigests, type RoleKeys } from './tuf/key.ts';
import type { Common } from './tuf/document.ts';
import type { Targets } from './tuf/roles.ts';
import { targetsMeta, verifyTargets, withSnapshot, withTimestamp } from './tuf/trusted-set.ts';
import type { Trusted, TrustedSet } from './tuf/trusted-set.ts';

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
  const top = openTop(files, options);
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
  const opened = [...roles.values()];
  const listed = opened.flatMap((role) => role.content.entries);
  const entries = tableOf(listed, court);
  const parts = {
    court,
    deployment: options.deployment,
    wall,
    floorSince: nextFloor.since,
    license,
    entries,
  };
  const refused = [...customer.refused, ...opened.flatMap((role) => role.content.refused)];
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
    judgeOnly: (paths) => judgeOnly(listed, paths, court),
    versions: top.versions,
    signedAt: court.signedAt,
    wall,
    nextFloor,
    partnerRoles: roles,
  };
}

/** With whoever shares a key with them, because that decides about both (SPEC §4.5). */
function judgeOnly(listed: readonly UnverifiedEntry[], paths: ReadonlySet<string>, court: Court): Judged {
  const keys = new Set(
    listed.filter(({ path }) => paths.has(path)).flatMap(({ thumbprints }) => thumbprints),
  );
  const concerned = listed.filter(({ thumbprints }) => thumbprints.some((key) => keys.has(key)));
  const table = tableOf(concerned, court);
  table.judgeSome(concerned.length);
  const { entries, refused } = table.judged();
  return {
    entries: entries.filter(({ path }) => paths.has(path)),
    refused: refused.filter(({ path }) => paths.has(path)),
  };
}

/** A leaf role that was verified: what the floor will say of it, and when it ends. */
type Leaf = { readonly floor: RoleFloor; readonly expires: number };

type Top = {
  readonly set: TrustedSet;
  readonly policy: shape.TargetsPolicy;
  readonly roles: ReturnType<typeof shape.registryOf>['roles'];
  readonly candidate: {
    readonly signedAt: number;
    readonly rootSignedAt: number;
    readonly roles: readonly RoleFloor[];
    readonly revocations: readonly Revocation[];
  };
  readonly versions: Versions;
  readonly wall: number;
};

/** root, timestamp, snapshot, targets and registry. */
function openTop(files: BundleFiles, options: OpenOptions): Top {
  const { anchor, floor, systemClock } = options;
  const roots = openRoots(
    files,
    anchor,
    floor?.roles.get('root'),
    options.purpose === 'replay' ? 0 : options.now,
  );
  let { set } = roots;
  const rootKeys = set.root.body;

  const timestampFile = files.take('timestamp.json');
  set = withTimestamp(set, timestampFile.bytes());
  const timestamp = set.timestamp as Trusted<NonNullable<typeof set.timestamp>['body']>;
  const signedAt = shape.signedAtOf(timestamp);
  if (options.purpose !== 'replay' && signedAt > systemClock + 300) {
    const seen = `It was signed at ${timeOf(signedAt)}; this machine's clock shows ${timeOf(systemClock)}.`;
    throw new Refused('signed_in_future', seen, { signedAt, systemClock: Math.floor(systemClock) });
  }
  const snapshotFile = files.take(`${timestamp.body.snapshot.version}.snapshot.json`);
  set = withSnapshot(set, snapshotFile.bytes());
  const snapshot = set.snapshot as Trusted<NonNullable<typeof set.snapshot>['body']>;

  const targets = takeTargets(files, set, 'targets', rootKeys.targets);
  const policy = shape.targetsPolicyOf(targets.trusted, anchor.environment);
  const delegation = shape.registryDelegation(targets.trusted);
  const registry = takeTargets(files, set, 'registry', delegation);
  const { roles, revocations } = shape.registryOf(registry.trusted);
  shape.requireExactSnapshot(snapshot, roles);
  const all = [...policy.revocations, ...revocations];
  requireNoneFromFuture(all, signedAt);

  const floorOf = (role: string, { version }: Common, digest: string, keys: RoleKeys): RoleFloor => {
    return { role, version, digest, keys: keyDigests(keys) };
  };
  return {
    set,
    policy,
    roles,
    candidate: {
      signedAt,
      rootSignedAt: roots.policy.signedAt,
      roles: [
        floorOf('root', set.root.body, roots.digest, rootKeys.root),
        floorOf('timestamp', timestamp.body, timestampFile.member.digest, rootKeys.timestamp),
        floorOf('snapshot', snapshot.body, snapshotFile.member.digest, rootKeys.snapshot),
        targets.floor,
        registry.floor,
      ],
      revocations: all,
    },
    versions: {
      root: set.root.body.version,
      targets: targets.trusted.body.version,
      snapshot: snapshot.body.version,
      timestamp: timestamp.body.version,
    },
    wall: Math.min(
      set.root.body.expires,
      timestamp.body.expires,
      snapshot.body.expires,
      targets.expires,
      registry.expires,
    ),
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

function takeTargets(
  files: BundleFiles,
  set: TrustedSet,
  role: string,
  signers: RoleKeys,
): Leaf & { readonly trusted: Trusted<Targets> } {
  const { version } = targetsMeta(set, role);
  const file = files.take(`${version}.${role}.json`);
  const trusted = verifyTargets(set, file.bytes(), role, signers);
  const floor = { role, version, digest: file.member.digest, keys: keyDigests(signers) };
  return { trusted, floor, expires: trusted.body.expires };
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

function requireNoneFromFuture(revocations: readonly Revocation[], signedAt: number): void {
  const until = timeOf(signedAt);
  const future = revocations.find(({ through }) => through > until);
  if (future !== undefined) {
    throw new Refused(
      'revocation_from_future',
      `It revokes until ${future.through}, and was signed at ${until}.`,
    );
  }
}

function requireAnchorMinimum(top: Top, { minimum }: Anchor): void {
  if (top.versions.targets < minimum.targets) {
    throw new Refused(
      'below_anchor_minimum',
      `Its targets are ${top.versions.targets}, at least ${minimum.targets} are needed.`,
    );
  }
  if (top.candidate.signedAt < secondsOf(minimum.signedAt)) {
    throw new Refused('below_anchor_minimum', `It was signed before ${minimum.signedAt}.`);
  }
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
