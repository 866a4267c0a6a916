import { sha256Pattern } from '../ids.ts';
import { isObject, type JsonObject, type JsonValue } from '../json.ts';
import { parseCommon, parseVersion, read, type Common } from './document.ts';
import { parseKeys, parseRoleKeys, type RoleKeys } from './key.ts';

// What the four kinds of TUF metadata say (specification §4.3–§4.6), parsed whole. Members that are not understood stay in
// `signed`, and were signed with it.

export type Root = Common & {
  readonly root: RoleKeys;
  readonly timestamp: RoleKeys;
  readonly snapshot: RoleKeys;
  readonly targets: RoleKeys;
};

/** Which version of another file there is, and, where told, its length in bytes and its SHA-256 and SHA-512. */
export type FileMeta = {
  readonly version: number;
  readonly length: number | undefined;
  readonly hashes: ReadonlyMap<string, string> | undefined;
};

export type Timestamp = Common & { readonly snapshot: FileMeta };
export type Snapshot = Common & { readonly meta: ReadonlyMap<string, FileMeta> };

export type Delegation = RoleKeys & {
  readonly name: string;
  readonly terminating: boolean;
  readonly paths: readonly string[] | undefined;
  readonly pathHashPrefixes: readonly string[] | undefined;
};

export type Targets = Common & {
  /** Not parsed further here: path to target. */
  readonly targets: JsonObject;
  readonly delegations: readonly Delegation[];
};

/** Throws `metadata_malformed`. */
export function parseRoot(signed: JsonObject): Root {
  const common = parseCommon(signed, 'root');
  const keys = parseKeys(signed.keys);
  const roles = read.object(signed.roles, 'roles');
  const role = (name: string): RoleKeys =>
    parseRoleKeys(read.object(roles[name], `roles.${name}`), keys, `roles.${name}`);
  return {
    ...common,
    root: role('root'),
    timestamp: role('timestamp'),
    snapshot: role('snapshot'),
    targets: role('targets'),
  };
}

/** Throws `metadata_malformed`. */
export function parseTimestamp(signed: JsonObject): Timestamp {
  const common = parseCommon(signed, 'timestamp');
  const meta = read.object(signed.meta, 'meta');
  return { ...common, snapshot: parseFileMeta(meta['snapshot.json'], 'meta') };
}

/** Throws `metadata_malformed`. */
export function parseSnapshot(signed: JsonObject): Snapshot {
  const common = parseCommon(signed, 'snapshot');
  const meta = Object.entries(read.object(signed.meta, 'meta'));
  return { ...common, meta: new Map(meta.map(([name, value]) => [name, parseFileMeta(value, 'meta')])) };
}

/** Throws `metadata_malformed`. */
export function parseTargets(signed: JsonObject): Targets {
  const common = parseCommon(signed, 'targets');
  const targets = read.object(signed.targets, 'targets');
  return { ...common, targets, delegations: parseDelegations(signed.delegations) };
}

function parseDelegations(value: JsonValue | undefined): readonly Delegation[] {
  if (value === undefined) return [];
  const { keys, roles } = read.object(value, 'delegations');
  const known = parseKeys(keys);
  const delegations = read.list(roles, 'delegations.roles', 0, 100_000).map((role): Delegation => {
    const object = read.object(role, 'a delegation');
    const name = read.text(object.name, 'delegation.name', 1024);
    if (typeof object.terminating !== 'boolean')
      return read.refuse('delegation.terminating', 'true or false');
    const paths = parseTexts(object.paths, 'delegation.paths');
    const pathHashPrefixes = parseTexts(object.path_hash_prefixes, 'delegation.path_hash_prefixes');
    if ((paths === undefined) === (pathHashPrefixes === undefined)) {
      read.refuse('a delegation', 'by either paths or path_hash_prefixes');
    }
    const keysOfRole = parseRoleKeys(object, known, 'delegation');
    return { name, terminating: object.terminating, paths, pathHashPrefixes, ...keysOfRole };
  });
  const names = delegations.map(({ name }) => name);
  if (new Set(names).size < names.length || names.some((name) => topLevel.has(name))) {
    read.refuse('delegations', 'distinct, and not top-level roles');
  }
  return delegations;
}

const topLevel: ReadonlySet<string> = new Set(['root', 'timestamp', 'snapshot', 'targets']);

function parseTexts(value: JsonValue | undefined, at: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  return read
    .list(value, at, 0, 100_000)
    .map((item) => (typeof item === 'string' ? item : read.refuse(at, 'texts')));
}

function parseFileMeta(value: JsonValue | undefined, at: string): FileMeta {
  const meta = read.object(value, at);
  return {
    version: parseVersion(meta.version, `${at}.version`),
    length:
      meta.length === undefined
        ? undefined
        : read.integer(meta.length, `${at}.length`, 1, Number.MAX_SAFE_INTEGER),
    hashes: meta.hashes === undefined ? undefined : parseFileHashes(meta.hashes, at),
  };
}

function parseFileHashes(value: JsonValue, at: string): ReadonlyMap<string, string> {
  if (!isObject(value) || Object.keys(value).length === 0)
    return read.refuse(`${at}.hashes`, 'at least one digest');
  const hashes = new Map<string, string>();
  for (const [name, digest] of Object.entries(value)) {
    if (typeof digest !== 'string') return read.refuse(`${at}.hashes`, 'hexadecimal digests');
    if (name === 'sha256' && !sha256Pattern.test(digest)) read.refuse(`${at}.hashes`, 'hexadecimal digests');
    hashes.set(name, digest);
  }
  return hashes;
}
