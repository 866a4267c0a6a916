import { sha256Hex, sha512Hex } from '../digest.ts';
import { Refused } from '../refused.ts';
import { timeOf } from '../time.ts';
import { openDocument, type Document } from './document.ts';
import { requireSignedBy, type RoleKeys } from './key.ts';
import { parseRoot, parseSnapshot, parseTargets, parseTimestamp } from './roles.ts';
import type { FileMeta, Root, Snapshot, Targets, Timestamp } from './roles.ts';

// The TUF client workflow (specification 1.0.34, §5.3–§5.6) as a state machine without I/O: bytes in, next state or a refusal out.
// A set is never changed: whoever refuses has moved nothing.

/** A file that has been verified. */
export type Trusted<Body> = {
  readonly body: Body;
  readonly document: Document;
  readonly bytes: Uint8Array;
};

export type TrustedSet = {
  /** Seconds since 1970, read once. Files that expire at or before it are refused; 0 judges no expiry. */
  readonly now: number;
  readonly root: Trusted<Root>;
  readonly timestamp: Trusted<Timestamp> | undefined;
  readonly snapshot: Trusted<Snapshot> | undefined;
};

/** Sizes beyond which files are not read, in bytes. */
export const limits = {
  root: 512 * 1024,
  timestamp: 64 * 1024,
  snapshot: 4 * 1024 * 1024,
  targets: 16 * 1024 * 1024,
  delegated: 64 * 1024 * 1024,
};

/** Starts from a root that is trusted already; it must be signed by itself (§5.2). Its expiry is judged after the walk. */
export function trustRoot(bytes: Uint8Array, now: number): TrustedSet {
  return startFrom(openDocument(bytes, limits.root), bytes, now);
}

/** The same, of a root that has been read. */
export function startFrom(document: Document, bytes: Uint8Array, now: number): TrustedSet {
  const body = parseRoot(document.signed);
  requireSignedBy(document, 'root', body.root);
  return { now, root: { body, document, bytes }, timestamp: undefined, snapshot: undefined };
}

/**
 * The next root (§5.3): signed by the old root's keys and by its own, its version exactly one higher. Throws `metadata_threshold`,
 * `metadata_version`, and what reading throws. What was trusted below the root has to be verified again.
 */
export function nextRoot(set: TrustedSet, bytes: Uint8Array): TrustedSet {
  const document = openDocument(bytes, limits.root);
  const body = parseRoot(document.signed);
  requireSignedBy(document, 'root', set.root.body.root);
  const expected = set.root.body.version + 1;
  if (body.version !== expected)
    throw new Refused('metadata_version', `Root ${expected} says that it is ${body.version}.`);
  requireSignedBy(document, 'root', body.root);
  return { now: set.now, root: { body, document, bytes }, timestamp: undefined, snapshot: undefined };
}

/**
 * A timestamp (§5.4). Throws `metadata_expired` (also for the root, whose walk is over now), `metadata_threshold`, and `rollback`
 * below the trusted timestamp or the snapshot version that it names. At the same version the trusted one is kept.
 */
export function withTimestamp(set: TrustedSet, bytes: Uint8Array): TrustedSet {
  requireUnexpired('root', set.root.body, set.now);
  const document = openDocument(bytes, limits.timestamp);
  const body = parseTimestamp(document.signed);
  requireSignedBy(document, 'timestamp', set.root.body.timestamp);
  const trusted = set.timestamp?.body;
  if (trusted !== undefined) {
    if (body.version < trusted.version) throw rollback('timestamp', body.version, trusted.version);
    if (body.version === trusted.version) return set;
    if (body.snapshot.version < trusted.snapshot.version) {
      throw rollback('snapshot', body.snapshot.version, trusted.snapshot.version);
    }
  }
  requireUnexpired('timestamp', body, set.now);
  return { ...set, timestamp: { body, document, bytes } };
}

/**
 * The snapshot that the timestamp names (§5.5). Throws `metadata_digest`, `metadata_threshold`, `metadata_version`, `rollback` when a
 * file that the trusted snapshot lists has gone or is older now, `metadata_expired` (also for the timestamp).
 */
export function withSnapshot(set: TrustedSet, bytes: Uint8Array): TrustedSet {
  const timestamp = set.timestamp;
  if (timestamp === undefined) throw new TypeError('A snapshot follows a timestamp.');
  requireUnexpired('timestamp', timestamp.body, set.now);
  requireBytes('snapshot', bytes, timestamp.body.snapshot);
  const document = openDocument(bytes, limits.snapshot);
  const body = parseSnapshot(document.signed);
  requireSignedBy(document, 'snapshot', set.root.body.snapshot);
  requireVersion('snapshot', body.version, timestamp.body.snapshot.version);
  for (const [name, meta] of set.snapshot?.body.meta ?? []) {
    const version = body.meta.get(name)?.version;
    if (version === undefined) throw new Refused('rollback', `The snapshot no longer lists ${name}.`);
    if (version < meta.version) throw rollback(name, version, meta.version);
  }
  requireUnexpired('snapshot', body, set.now);
  return { ...set, snapshot: { body, document, bytes } };
}

/**
 * One targets file, as its delegating role and the snapshot demand it (§5.6). `signers` are the root's for `targets`, otherwise the
 * delegation's. Throws `metadata_digest`, `metadata_threshold`, `metadata_version`, `metadata_expired`.
 */
export function verifyTargets(
  set: TrustedSet,
  bytes: Uint8Array,
  role: string,
  signers: RoleKeys,
): Trusted<Targets> {
  return verifyTargetsDocument(set, bytes, role, signers, openDocument(bytes, limits.targets));
}

/** The same, of a file that its caller has read. */
export function verifyTargetsDocument<Read extends Document>(
  set: TrustedSet,
  bytes: Uint8Array,
  role: string,
  signers: RoleKeys,
  document: Read,
): Trusted<Targets> & { readonly document: Read } {
  const meta = targetsMeta(set, role);
  requireBytes(role, bytes, meta);
  const body = parseTargets(document.signed);
  requireSignedBy(document, role, signers);
  requireVersion(role, body.version, meta.version);
  requireUnexpired(role, body, set.now);
  return { body, document, bytes };
}

/** What the snapshot says about a targets role. Throws `metadata_version` when it does not list it. */
export function targetsMeta(set: TrustedSet, role: string): FileMeta {
  if (set.snapshot === undefined) throw new TypeError('Targets follow a snapshot.');
  requireUnexpired('snapshot', set.snapshot.body, set.now);
  const meta = set.snapshot.body.meta.get(`${role}.json`);
  if (meta === undefined) throw new Refused('metadata_version', `The snapshot does not list ${role}.json.`);
  return meta;
}

/** Throws `metadata_expired` when the role's `expires` is not later than `now` (seconds). */
export function requireUnexpired(role: string, { expires }: { readonly expires: number }, now: number): void {
  if (expires <= now) throw new Refused('metadata_expired', `${role} expired at ${timeOf(expires)}.`);
}

function requireBytes(role: string, bytes: Uint8Array, meta: FileMeta): void {
  if (meta.length !== undefined && bytes.length !== meta.length) {
    throw new Refused('metadata_digest', `${role} has another length than what was signed.`);
  }
  for (const [algorithm, digest] of meta.hashes ?? []) {
    const actual =
      algorithm === 'sha256' ? sha256Hex(bytes) : algorithm === 'sha512' ? sha512Hex(bytes) : undefined;
    if (actual !== digest)
      throw new Refused('metadata_digest', `${role} has another ${algorithm} than what was signed.`);
  }
}

function requireVersion(role: string, version: number, expected: number): void {
  if (version !== expected) {
    throw new Refused('metadata_version', `${role} has version ${version}, where ${expected} was signed.`);
  }
}

function rollback(role: string, version: number, trusted: number): Refused {
  return new Refused('rollback', `${role} has version ${version}; version ${trusted} is trusted already.`);
}
