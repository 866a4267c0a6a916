import { customerIdPattern, partnerRolePattern, sha256Pattern } from './ids.ts';
import { member, readerFor, type JsonObject, type JsonValue } from './json.ts';
import { Refused } from './refused.ts';
import { parseRevocations, type Revocation } from './revocation.ts';
import { parseCeilings, parseRoster, type Ceilings, type Roster } from './roster.ts';
import { environments, type Environment } from './custom.ts';
import { secondsOf, isTime } from './time.ts';
import type { Delegation, Root, Snapshot, Targets, Timestamp } from './tuf/roles.ts';
import type { Trusted } from './tuf/trusted-set.ts';

// The one shape that a repository of ours has (SPEC §2). TUF allows more; whatever it is, it is refused.

const read = readerFor('bundle_shape', 'Repository');

/** What root says beyond TUF (SPEC §2.1); `signedAt` in seconds. */
export type RootPolicy = { readonly environment: Environment; readonly signedAt: number };

/** What targets says beyond TUF (SPEC §2.2). */
export type TargetsPolicy = {
  readonly roster: Roster;
  readonly ceilings: Ceilings;
  readonly revocations: readonly Revocation[];
};

/** Throws `bundle_shape`. */
function rootPolicyOf(signed: JsonObject): RootPolicy {
  read.members(signed.roles, 'root.roles', ['root', 'snapshot', 'targets', 'timestamp']);
  if (signed.consistent_snapshot !== true) read.refuse('root', 'for consistent snapshots');
  const { environment, signedAt } = ownOf(signed, 'root', ['environment', 'signedAt']);
  return { environment: read.oneOf(environment, 'environment', environments), signedAt: timeAt(signedAt) };
}

/** Whether this is the environment that the anchor names. Throws `root_environment`. */
export function requireEnvironment({ signed }: Trusted<Root>['document'], expected: Environment): RootPolicy {
  const policy = rootPolicyOf(signed);
  if (policy.environment !== expected) {
    throw new Refused(
      'root_environment',
      `A root is ${policy.environment}, the installed package ${expected}.`,
    );
  }
  return policy;
}

/** The signed time of a timestamp in seconds (SPEC §2.4). Throws `bundle_shape`. */
export function signedAtOf({ document }: Trusted<Timestamp>): number {
  read.members(document.signed.meta, 'timestamp.meta', ['snapshot.json']);
  const own = ownOf(document.signed, 'timestamp', ['auditHead', 'signedAt']);
  read.matching(own.auditHead, 'auditHead', sha256Pattern, 'a digest');
  return timeAt(own.signedAt);
}

/** Throws `bundle_shape`, `roster_malformed`, `roster_threshold`, `revocation_malformed`, `key_malformed`. */
export function targetsPolicyOf(targets: Trusted<Targets>, environment: Environment): TargetsPolicy {
  const own = ownOf(targets.document.signed, 'targets', ['ceilings', 'revocations', 'roster']);
  for (const path of Object.keys(targets.body.targets)) {
    if (!/^packages\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(path))
      read.refuse('targets', 'verifier packages only');
  }
  return {
    roster: parseRoster(own.roster, environment),
    ceilings: parseCeilings(own.ceilings),
    revocations: parseRevocations(own.revocations),
  };
}

/** The one delegation of targets. Throws `bundle_shape`. */
export function registryDelegation({ body }: Trusted<Targets>): Delegation {
  const [registry, ...others] = body.delegations;
  if (registry === undefined || registry.name !== 'registry' || others.length > 0) {
    return read.refuse('targets', 'delegating to registry alone');
  }
  requirePaths(registry, ['c-*/*/*', 'p-*/*/*']);
  return registry;
}

/** Who keeps what: registry's delegations by role. Throws `bundle_shape`, `revocation_malformed`. */
export function registryOf(registry: Trusted<Targets>): {
  readonly roles: ReadonlyMap<string, Delegation>;
  readonly revocations: readonly Revocation[];
} {
  const { revocations } = ownOf(registry.document.signed, 'registry', ['revocations']);
  if (Object.keys(registry.body.targets).length > 0) read.refuse('registry', 'without targets of its own');
  const roles = new Map<string, Delegation>();
  for (const delegation of registry.body.delegations) {
    const { name } = delegation;
    if (partnerRolePattern.test(name)) requirePaths(delegation, [`${name}/*/*`]);
    else if (customerIdPattern.test(name)) requirePaths(delegation, [`${name}/grant/*`, `${name}/licence/*`]);
    else read.refuse('registry', 'delegating to partner and customer roles only');
    roles.set(name, delegation);
  }
  return { roles, revocations: parseRevocations(revocations) };
}

/** Partner and customer roles delegate nothing. Throws `bundle_shape`. */
export function requireLeaf(role: string, { body }: Trusted<Targets>): void {
  if (body.delegations.length > 0) read.refuse(role, 'without delegations');
}

/** The snapshot lists exactly the roles that there are. Throws `bundle_shape`. */
export function requireExactSnapshot({ body }: Trusted<Snapshot>, roles: ReadonlyMap<string, unknown>): void {
  const expected = new Set([
    'targets.json',
    'registry.json',
    ...[...roles.keys()].map((role) => `${role}.json`),
  ]);
  for (const name of body.meta.keys()) {
    if (!expected.has(name)) read.refuse('snapshot', `without ${JSON.stringify(name.slice(0, 80))}`);
  }
  if (body.meta.size !== expected.size) read.refuse('snapshot', 'a list of every role');
}

function requirePaths(delegation: Delegation, paths: readonly string[]): void {
  const found = delegation.paths?.toSorted() ?? [];
  if (
    !delegation.terminating ||
    found.length !== paths.length ||
    found.some((path, i) => path !== paths[i])
  ) {
    read.refuse(`the delegation to ${delegation.name}`, `terminating, for ${paths.join(' and ')}`);
  }
}

function ownOf(signed: JsonObject, role: string, names: readonly string[]): JsonObject {
  return read.members(member(signed, 'x-appwarrant'), `${role}["x-appwarrant"]`, names);
}

function timeAt(value: JsonValue | undefined): number {
  return typeof value === 'string' && isTime(value) ? secondsOf(value) : read.refuse('signedAt', 'a time');
}
