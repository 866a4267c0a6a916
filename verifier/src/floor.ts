import { nullIfRefused } from './attempt.ts';
import { canonical, canonicalText } from './canonical.ts';
import { sha256Hex } from './digest.ts';
import { customerIdPattern, partnerRolePattern, sha256Pattern } from './ids.ts';
import { readerFor, type JsonObject, type JsonValue } from './json.ts';
import { Refused } from './refused.ts';
import { addRevocations, keepRole } from './kept-in-floor.ts';
import { mergeRevocations, parseRevocations, type Revocation, type RevocationIndex } from './revocation.ts';
import { parseJson } from './strict-json.ts';
import { isTime, secondsOf, timeOf } from './time.ts';

// The floor (SPEC §7.3): below which nothing is loaded any more. It is kept outside the TUF state, which an owner could restore from
// yesterday, and only ever rises, except where the offline keys say that online keys were replaced.

/** The highest that was loaded of one role, and under which keys. */
export type RoleFloor = {
  readonly role: string;
  readonly version: number;
  /** Digest of the file with that version: another one with the same version is equivocation. */
  readonly digest: string;
  /** Digests of the keys that could sign it, sorted; empty for root. */
  readonly keys: readonly string[];
};

export type Floor = {
  readonly registry: string;
  /** Signed time of the bundle with which this floor began; seconds. */
  readonly since: number;
  /** The highest signed time; seconds. */
  readonly signedAt: number;
  readonly roles: ReadonlyMap<string, RoleFloor>;
  readonly revocations: RevocationIndex;
};

/** What a bundle brings, to be compared with the floor. Times in seconds. */
export type Candidate = {
  readonly registry: string;
  readonly signedAt: number;
  readonly rootSignedAt: number;
  readonly roles: readonly RoleFloor[];
  readonly revocations: Iterable<Revocation>;
};

const read = readerFor('value_malformed', 'Floor');
const maxBytes = 64 * 1024 * 1024;
/** More than one bundle can bring: what many bundles brought has to fit, too. */
const mostRevocations = 1_000_000;
const mostRoles = 1_000_000;

/**
 * What of the floor still holds for a bundle (SPEC §7.3). Only a root higher than the floor's drops anything: `timestamp` or `snapshot`
 * when none of its keys remains (with `timestamp`, signed time restarts at that root's signedAt), and `registry`, partner and customer
 * roles when besides a higher `targets` replaces every `registry` key. `root`, `targets` and revocations never drop.
 */
export function floorFor(floor: Floor, candidate: Candidate): Floor {
  const offered = new Map(candidate.roles.map((role) => [role.role, role]));
  const rises = (role: string): boolean => isAbove(floor, role, offered.get(role)?.version ?? 0);
  const replaced = (role: string): boolean => {
    const keys = offered.get(role)?.keys;
    return keys !== undefined && areReplaced(floor, role, keys);
  };
  if (!rises('root')) return floor;
  const roles = new Map(floor.roles);
  let { signedAt } = floor;
  if (replaced('timestamp')) {
    roles.delete('timestamp');
    signedAt = candidate.rootSignedAt;
  }
  if (replaced('snapshot')) roles.delete('snapshot');
  if (rises('targets') && replaced('registry')) {
    for (const role of roles.keys()) if (!fixedRoles.has(role)) roles.delete(role);
  }
  return { ...floor, signedAt, roles };
}

/**
 * Whether signed time begins anew with a root: it is above the floor's, and none of the keys that could sign `timestamp` remains
 * (their digests). What such keys said about the time, they may have said once they were stolen.
 */
export function restartsTime(
  floor: Floor,
  root: { version: number; timestampKeys: readonly string[] },
): boolean {
  return isAbove(floor, 'root', root.version) && areReplaced(floor, 'timestamp', root.timestampKeys);
}

function isAbove(floor: Floor, role: string, version: number): boolean {
  return version > (floor.roles.get(role)?.version ?? 0);
}

function areReplaced(floor: Floor, role: string, keys: readonly string[]): boolean {
  return !(floor.roles.get(role)?.keys ?? []).some((key) => keys.includes(key));
}

/**
 * A bundle is not below the floor that holds for it. Throws `rollback` (a version, or signed time) and `equivocation` (a version that was
 * loaded with other bytes).
 */
export function requireAbove(floor: Floor, candidate: Candidate): void {
  for (const { role, version, digest } of candidate.roles) {
    const known = floor.roles.get(role);
    if (known === undefined) continue;
    if (version < known.version) {
      throw new Refused(
        'rollback',
        `${role} has version ${version}; version ${known.version} was loaded before.`,
      );
    }
    if (version === known.version && digest !== known.digest) {
      throw new Refused('equivocation', `${role} ${version} was loaded before, with other bytes.`);
    }
  }
  if (candidate.signedAt < floor.signedAt) {
    const [here, there] = [timeOf(candidate.signedAt), timeOf(floor.signedAt)];
    throw new Refused('rollback', `It was signed at ${here}; one signed at ${there} was loaded before.`);
  }
}

/** The floor once a bundle is loaded: raised to it, everything else kept. `held` is what `floorFor` gave, or null for none. */
export function raise(held: Floor | null, candidate: Candidate): Floor {
  const { registry, signedAt } = candidate;
  const roles = new Map(held?.roles);
  for (const role of candidate.roles) keepRole(roles, role);
  return {
    registry,
    since: held?.since ?? signedAt,
    signedAt,
    roles,
    revocations: addRevocations(held?.revocations ?? new Map(), candidate.revocations),
  };
}

/**
 * The floor as the bytes of its file. Throws `too_large` for one that could not be read back: whoever has the online keys could
 * otherwise have every revocation forgotten, by sending more of them than a floor holds.
 */
export function writeFloor(floor: Floor): Uint8Array {
  const content = contentOf(floor);
  const bytes = canonical({ ...content, check: checkOf(content) });
  if (bytes.length > maxBytes || floor.revocations.size > mostRevocations || floor.roles.size > mostRoles) {
    throw new Refused(
      'too_large',
      'With this bundle there would be more to remember than the floor can hold.',
    );
  }
  return bytes;
}

/** Reads a floor file; null when it is torn, altered or of another format, which counts as missing (SPEC §7.3). Throws nothing. */
export function readFloor(bytes: Uint8Array): Floor | null {
  return nullIfRefused(() => parseFloor(parseJson(bytes, maxBytes)));
}

/**
 * Reads the floor that a state folder holds; null for one that counts as missing. Throws `state_newer` for one that a later package wrote: taken
 * for missing it would be written anew, and every revocation in it forgotten.
 */
export function readHeldFloor(bytes: Uint8Array): Floor | null {
  const floor = readFloor(bytes);
  const [later] = (floor === null && laterType.exec(new TextDecoder().decode(bytes))) || [];
  if (later !== undefined) throw new Refused('state_newer', `floor.json is ${later}.`);
  return floor;
}

/** Wherever it stands, and whatever is round it: what a later package writes need not be JSON as this one reads it. */
const laterType = /appwarrant\/floor\/(?!1")[0-9]+/;
const floorType = 'appwarrant/floor/1';
const fixedRoles: ReadonlySet<string> = new Set(['root', 'targets', 'snapshot', 'timestamp']);

function contentOf(floor: Floor): JsonObject {
  const byRole = [...floor.roles.values()].sort((a, b) => (a.role < b.role ? -1 : 1));
  const names = [...floor.revocations.keys()].sort();
  return {
    type: floorType,
    registry: floor.registry,
    since: timeOf(floor.since),
    signedAt: timeOf(floor.signedAt),
    roles: byRole.map(({ role, version, digest, keys }) => ({ role, version, digest, keys })),
    revocations: names.map((name) => floor.revocations.get(name) as Revocation),
  };
}

function checkOf(content: JsonObject): string {
  return sha256Hex(canonical(content));
}

function parseFloor(value: JsonValue): Floor {
  const { check, ...content } = read.members(value, 'it', [
    'check',
    'registry',
    'revocations',
    'roles',
    'signedAt',
    'since',
    'type',
  ]);
  if (check !== checkOf(content)) read.refuse('check', 'its digest');
  read.oneOf(content.type, 'type', [floorType]);
  const roles = read.list(content.roles, 'roles', 1, mostRoles).map(parseRoleFloor);
  const floor = {
    registry: read.matching(content.registry, 'registry', sha256Pattern, 'a digest'),
    since: parseTime(content.since),
    signedAt: parseTime(content.signedAt),
    roles: new Map(roles.map((role) => [role.role, role])),
    revocations: mergeRevocations(parseRevocations(content.revocations, mostRevocations)),
  };
  for (const role of [...fixedRoles, 'registry'])
    if (!floor.roles.has(role)) read.refuse('roles', `with ${role}`);
  // One spelling: whatever was merged or dropped while reading would otherwise be lost unseen.
  if (canonicalText(contentOf(floor)) !== canonicalText(content)) read.refuse('it', 'as it was written');
  return floor;
}

function parseRoleFloor(value: JsonValue): RoleFloor {
  const floor = read.members(value, 'a role', ['digest', 'keys', 'role', 'version']);
  const role = read.text(floor.role, 'role', 100);
  if (
    !fixedRoles.has(role) &&
    role !== 'registry' &&
    !partnerRolePattern.test(role) &&
    !customerIdPattern.test(role)
  ) {
    read.refuse('role', 'a role');
  }
  return {
    role,
    version: read.integer(floor.version, 'version', 1, Number.MAX_SAFE_INTEGER),
    digest: read.matching(floor.digest, 'digest', sha256Pattern, 'a digest'),
    keys: read
      .list(floor.keys, 'keys', 0, 1024)
      .map((key) => read.matching(key, 'keys', sha256Pattern, 'digests')),
  };
}

function parseTime(value: JsonValue | undefined): number {
  return typeof value === 'string' && isTime(value) ? secondsOf(value) : read.refuse('a time', 'a time');
}
