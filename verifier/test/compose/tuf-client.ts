import { sha256Hex, sha512Hex } from '../../src/digest.ts';
import { isObject, member, type JsonObject, type JsonValue } from '../../src/json.ts';
import { Refused } from '../../src/refused.ts';
import { delegates } from '../../src/tuf/delegation.ts';
import { openDocument, read } from '../../src/tuf/document.ts';
import { requireSignedBy, type RoleKeys } from '../../src/tuf/key.ts';
import { parseSnapshot, type Targets } from '../../src/tuf/roles.ts';
import {
  limits,
  nextRoot,
  requireUnexpired,
  targetsMeta,
  trustRoot,
  verifyTargets,
  withSnapshot,
  withTimestamp,
  type Trusted,
  type TrustedSet,
} from '../../src/tuf/trusted-set.ts';

// A plain TUF client over the core: the workflow of the specification, §5, with a place for what is trusted and a repository to ask.
// It knows nothing of AppWarrant, and keeps no floor.

/** What is trusted, by role: exactly the bytes that were served. */
export type Holdings = {
  readonly read: (role: string) => Uint8Array | undefined;
  readonly write: (role: string, bytes: Uint8Array) => void;
};
/** Gives a file of at most so many bytes, or undefined when there is none. May give more; then it is refused. */
export type Repository = (name: string, maxBytes: number) => Promise<Uint8Array | undefined>;
/** `now` in seconds since 1970. */
export type TufClient = {
  readonly holdings: Holdings;
  readonly repository: Repository;
  readonly now: number;
};
export type Refreshed = { readonly set: TrustedSet; readonly targets: Trusted<Targets> };

const mostRoots = 256;
const mostRoles = 32;

/** Follows §5.3–§5.6 down to the top-level targets. Throws `Refused`, and `Absent`; what was verified until then is held. */
export async function refresh(client: TufClient): Promise<Refreshed> {
  const root = await walkRoots(client);
  const set = await takeSnapshot(client, await takeTimestamp(client, root));
  return { set, targets: await takeTargets(client, set, 'targets', set.root.body.targets) };
}

/**
 * What the repository says about a path (§5.6.7): roles are asked in preorder, each as its delegator demands it, and only about paths that
 * it was delegated. Undefined when none speaks of it. Throws as `refresh`.
 */
export async function findTarget(
  client: TufClient,
  { set, targets }: Refreshed,
  path: string,
): Promise<JsonObject | undefined> {
  const asked = new Set<string>();
  const toAsk: { readonly name: string; readonly signers: RoleKeys | undefined }[] = [
    { name: 'targets', signers: undefined },
  ];
  for (let next = toAsk.pop(); next !== undefined && asked.size <= mostRoles; next = toAsk.pop()) {
    const { name, signers } = next;
    if (asked.has(name)) continue;
    asked.add(name);
    const file = signers === undefined ? targets : await takeTargets(client, set, name, signers);
    const target = member(file.body.targets, path);
    if (target !== undefined) return read.object(target, 'a target');
    const matching = file.body.delegations.filter((delegation) => delegates(delegation, path));
    const last = matching.findIndex(({ terminating }) => terminating);
    if (last >= 0) toAsk.length = 0;
    const children = last < 0 ? matching : matching.slice(0, last + 1);
    toAsk.push(...children.map((delegation) => ({ name: delegation.name, signers: delegation })).reverse());
  }
  return undefined;
}

/** The bytes are what a target says (§5.7). Throws `metadata_malformed`; `metadata_digest` also for a digest that is not known here. */
export function requireTarget(target: JsonObject, bytes: Uint8Array): void {
  const length = read.integer(target.length, 'length', 0, Number.MAX_SAFE_INTEGER);
  const hashes = targetHashes(target);
  const made = new Map<string, string>([
    ['sha256', sha256Hex(bytes)],
    ['sha512', sha512Hex(bytes)],
  ]);
  if (bytes.length !== length || hashes.some(([algorithm, digest]) => made.get(algorithm) !== digest))
    throw new Refused('metadata_digest', 'The artifact is not the one that was signed.');
}

/** Digests of a target by algorithm, at least one. Throws `metadata_malformed`. */
export function targetHashes({ hashes }: JsonObject): readonly (readonly [string, JsonValue])[] {
  if (!isObject(hashes) || Object.keys(hashes).length === 0) return read.refuse('hashes', 'at least one');
  return Object.entries(hashes);
}

/** A file that had to be there. */
export class Absent extends Error {}

async function walkRoots({ holdings, repository, now }: TufClient): Promise<TrustedSet> {
  const held = holdings.read('root');
  if (held === undefined) throw new Absent('No root is trusted.');
  let set = withLayout(trustRoot(held, now));
  for (let i = 0; i < mostRoots; i += 1) {
    const bytes = await repository(`${set.root.body.version + 1}.root.json`, limits.root);
    if (bytes === undefined) break;
    set = withLayout(nextRoot(set, bytes));
    holdings.write('root', bytes);
  }
  requireUnexpired('root', set.root.body, now);
  return set;
}

/** A root says how files are named; the core, which fetches none, does not read that. */
function withLayout(set: TrustedSet): TrustedSet {
  const { consistent_snapshot: layout } = set.root.document.signed;
  if (typeof layout !== 'boolean') read.refuse('consistent_snapshot', 'true or false');
  return set;
}

/** What is held counts while the root's present keys signed it, even when it has expired: versions below it are a rollback. */
async function takeTimestamp(
  { holdings, repository, now }: TufClient,
  root: TrustedSet,
): Promise<TrustedSet> {
  const held = holdings.read('timestamp');
  const recalled = held && unlessRefused(() => withTimestamp({ ...root, now: 0 }, held));
  const bytes = await fetched(repository, 'timestamp.json', limits.timestamp);
  const set = withTimestamp({ ...(recalled ?? root), now }, bytes);
  if (set.timestamp?.bytes === bytes) holdings.write('timestamp', bytes);
  return set;
}

async function takeSnapshot({ holdings, repository }: TufClient, set: TrustedSet): Promise<TrustedSet> {
  const held = holdings.read('snapshot');
  const recalled = (held && unlessRefused(() => recallSnapshot(set, held))) ?? set;
  const current = held && unlessRefused(() => withSnapshot(recalled, held));
  if (current !== undefined) return current;
  const meta = set.timestamp?.body.snapshot;
  const name = fileName(set, 'snapshot', meta?.version);
  const bytes = await fetched(repository, name, meta?.length ?? limits.snapshot);
  const next = withSnapshot(recalled, bytes);
  holdings.write('snapshot', bytes);
  return next;
}

/** The held snapshot of an earlier timestamp: what it lists must not become older. */
function recallSnapshot(set: TrustedSet, bytes: Uint8Array): TrustedSet {
  const document = openDocument(bytes, limits.snapshot);
  requireSignedBy(document, 'snapshot', set.root.body.snapshot);
  return { ...set, snapshot: { body: parseSnapshot(document.signed), document, bytes } };
}

async function takeTargets(
  { holdings, repository }: TufClient,
  set: TrustedSet,
  role: string,
  signers: RoleKeys,
): Promise<Trusted<Targets>> {
  const meta = targetsMeta(set, role);
  const held = holdings.read(role);
  const current = held && unlessRefused(() => verifyTargets(set, held, role, signers));
  if (current !== undefined) return current;
  const name = fileName(set, role, meta.version);
  const bytes = await fetched(repository, name, meta.length ?? limits.targets);
  const next = verifyTargets(set, bytes, role, signers);
  holdings.write(role, bytes);
  return next;
}

/** Names of files bear their versions where the root says so (§6.2); role names are quoted, so that none is a path. */
function fileName({ root }: TrustedSet, role: string, version = 0): string {
  const quoted = `${encodeURIComponent(role)}.json`;
  return root.document.signed.consistent_snapshot === true ? `${version}.${quoted}` : quoted;
}

async function fetched(repository: Repository, name: string, maxBytes: number): Promise<Uint8Array> {
  const bytes = await repository(name, maxBytes);
  if (bytes === undefined) throw new Absent(`The repository has no ${name}.`);
  return bytes;
}

function unlessRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
