import type { Versions } from './allowlist.ts';
import type { Anchor } from './anchor.ts';
import type { BundleFiles } from './bundle-files.ts';
import { restartsTime, type Floor, type RoleFloor } from './floor.ts';
import { openRoots, type OpenedRoots } from './open-roots.ts';
import { Refused } from './refused.ts';
import type { Revocation } from './revocation.ts';
import * as shape from './shape.ts';
import { secondsOf, timeOf } from './time.ts';
import type { Common } from './tuf/document.ts';
import { keyDigests, type RoleKeys } from './tuf/key.ts';
import type { Targets } from './tuf/roles.ts';
import { targetsMeta, verifyTargets, withSnapshot, withTimestamp } from './tuf/trusted-set.ts';
import type { Trusted, TrustedSet } from './tuf/trusted-set.ts';

/** A leaf role that was verified: what the floor will say of it, and when it ends. */
export type Leaf = { readonly floor: RoleFloor; readonly expires: number };

/** The roles above those of partners and customers, verified, and what they say. Times in seconds. */
export type Top = {
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

/** How the top is opened; see `OpenOptions`. */
type TopOptions = {
  readonly anchor: Anchor;
  readonly floor: Floor | null;
  readonly now: number;
  readonly systemClock: number;
  readonly purpose: 'load' | 'replay';
};

/**
 * Opens root, timestamp, snapshot, targets and registry, and the policy in them (SPEC §7.1, 1 and 3–5). Throws the first rule that
 * fails.
 */
export function openTop(files: BundleFiles, options: TopOptions): Top {
  const { anchor, floor, systemClock, purpose } = options;
  const roots = openRoots(files, anchor, floor?.roles.get('root'));
  const rootKeys = roots.set.root.body;
  let set = { ...roots.set, now: purpose === 'replay' ? 0 : nowAfter(roots, options) };

  const timestampFile = files.take('timestamp.json');
  set = withTimestamp(set, timestampFile.bytes());
  const timestamp = set.timestamp as Trusted<NonNullable<typeof set.timestamp>['body']>;
  const signedAt = shape.signedAtOf(timestamp);
  if (purpose === 'load' && signedAt > systemClock + 300) {
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

/**
 * By when expiry is judged. Where the roots end what stolen keys of `timestamp` said, they end the time that they signed as well: or else
 * every later bundle would be judged in the year that a thief has chosen, and be expired for ever.
 */
function nowAfter({ set, policy }: OpenedRoots, { floor, now, systemClock }: TopOptions): number {
  const { version, timestamp } = set.root.body;
  const restarts = floor !== null && restartsTime(floor, { version, timestampKeys: keyDigests(timestamp) });
  return restarts ? Math.max(systemClock, policy.signedAt) : now;
}

/** The next file, as the targets role that the snapshot and its delegation demand. Throws what verifying it throws. */
export function takeTargets(
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

/** Throws `below_anchor_minimum`. */
export function requireAnchorMinimum(top: Top, { minimum }: Anchor): void {
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
