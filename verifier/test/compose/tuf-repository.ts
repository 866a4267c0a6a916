import { createHash } from 'node:crypto';
import { canonicalText, timeOf, type JsonObject } from '../../src/formats.ts';
import { makeSigner, sealAs, type TufSigner } from './tuf-signer.ts';

// Repositories of any shape, and what an attacker makes of them: delegations of delegations, rotations, files that are not what they
// should be. A repository is a plain value, which edits change; composing it gives its files.

export type TopRole = 'root' | 'timestamp' | 'snapshot' | 'targets';
export type Signing = { readonly signers: readonly TufSigner[]; readonly threshold: number };
export type Edge = Signing & {
  readonly to: string;
  readonly paths: readonly string[];
  readonly terminating: boolean;
};
export type TufRepository = {
  /** Seconds since 1970. */
  now: number;
  /** Whether names of files bear versions. */
  readonly consistent: boolean;
  /** Whether the files above say length and digest of those below. */
  readonly measured: boolean;
  readonly top: Record<TopRole, Signing>;
  /** Who signed the root before the present one. */
  earlierRoot: Signing;
  readonly versions: Map<string, number>;
  readonly expires: Map<string, number>;
  readonly targets: Map<string, Record<string, JsonObject>>;
  /** Delegations by delegating role, in their order. */
  readonly edges: Map<string, Edge[]>;
};

/** What is done to one role's file on its way out: to what it says, to who signs it, or to its bytes. */
export type Tampering = {
  readonly role: string;
  readonly signed?: (signed: JsonObject) => JsonObject;
  readonly signers?: (signers: readonly TufSigner[], signing: Signing) => readonly TufSigner[];
  /** Undefined: the file is not there. */
  readonly bytes?: (bytes: Uint8Array) => Uint8Array | undefined;
};

const validity = 10_000;

/** Keys to choose from, made once; two kinds. */
export const pool: readonly TufSigner[] = Array.from({ length: 8 }, (_, i) =>
  makeSigner(i % 4 === 3 ? 'ecdsa' : 'ed25519'),
);

/** An empty repository, with a key for each role. It is still to be published. */
export function createRepository(consistent: boolean, measured: boolean, now: number): TufRepository {
  const by = (i: number): Signing => ({ signers: [pool[i] as TufSigner], threshold: 1 });
  return {
    now,
    consistent,
    measured,
    top: { root: by(0), timestamp: by(1), snapshot: by(2), targets: by(3) },
    earlierRoot: by(0),
    versions: new Map(),
    expires: new Map(),
    targets: new Map([['targets', {}]]),
    edges: new Map(),
  };
}

/** Gives these roles, the snapshot and the timestamp their next versions, valid from now. */
export function publish(repository: TufRepository, roles: Iterable<string>): void {
  for (const role of new Set([...roles, 'snapshot', 'timestamp'])) {
    repository.versions.set(role, (repository.versions.get(role) ?? 0) + 1);
    repository.expires.set(role, repository.now + validity);
  }
}

/** Who signs a role: a delegated one with the keys of all that delegate to it. */
function signingOf({ top, edges, earlierRoot }: TufRepository, role: string): Signing {
  if (role === 'root') {
    return { ...top.root, signers: [...new Set([...earlierRoot.signers, ...top.root.signers])] };
  }
  if (Object.hasOwn(top, role)) return top[role as TopRole];
  const delegating = [...edges.values()].flat().filter(({ to }) => to === role);
  const threshold = Math.max(1, ...delegating.map((edge) => edge.threshold));
  return { signers: [...new Set(delegating.flatMap(({ signers }) => signers))], threshold };
}

/** The files of the present versions, by name, one role's tampered with. What stands above it knows the tampered file. */
export function compose(repository: TufRepository, tampering?: Tampering): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const meta: Record<string, JsonObject> = {};
  const make = (role: string, rest: JsonObject): JsonObject => {
    const version = repository.versions.get(role) ?? 1;
    const signing = signingOf(repository, role);
    const here = tampering?.role === role ? tampering : undefined;
    const plain = {
      ...rest,
      expires: timeOf(repository.expires.get(role) ?? repository.now),
      spec_version: '1.0.31',
      version,
    };
    const signed = here?.signed?.(plain) ?? plain;
    const sealed = sealAs(
      signed,
      here?.signers?.(signing.signers, signing) ?? signing.signers,
      JSON.stringify,
    );
    const bytes = here?.bytes === undefined ? sealed : here.bytes(sealed);
    if (bytes !== undefined) files.set(nameOf(repository, role, version), bytes);
    return { version, ...(repository.measured ? measure(sealed) : {}) };
  };

  for (const [role, targets] of repository.targets) {
    const delegations = delegationsOf(repository.edges.get(role) ?? []);
    meta[`${role}.json`] = make(role, { _type: 'targets', delegations, targets });
  }
  const snapshot = make('snapshot', { _type: 'snapshot', meta });
  make('timestamp', { _type: 'timestamp', meta: { 'snapshot.json': snapshot } });
  make('root', { _type: 'root', consistent_snapshot: repository.consistent, ...topOf(repository) });
  return files;
}

export function nameOf({ consistent }: TufRepository, role: string, version: number): string {
  return role === 'root' || (consistent && role !== 'timestamp') ? `${version}.${role}.json` : `${role}.json`;
}

/** A target as metadata lists it. */
export function targetOf(content: string): JsonObject {
  return { ...measure(new TextEncoder().encode(content)), custom: { content } };
}

function measure(bytes: Uint8Array): { length: number; hashes: JsonObject } {
  return { length: bytes.length, hashes: { sha256: createHash('sha256').update(bytes).digest('hex') } };
}

function topOf({ top }: TufRepository): JsonObject {
  const roles = Object.entries(top).map(([role, signing]) => [role, roleKeys(signing)]);
  return { keys: keysOf(Object.values(top)), roles: Object.fromEntries(roles) as JsonObject };
}

function delegationsOf(edges: readonly Edge[]): JsonObject {
  const roles = edges.map(({ to, paths, terminating, ...signing }) => ({
    name: to,
    paths,
    terminating,
    ...roleKeys(signing),
  }));
  return { keys: keysOf(edges), roles };
}

function roleKeys({ signers, threshold }: Signing): { keyids: string[]; threshold: number } {
  return { keyids: signers.map(({ keyId }) => keyId), threshold };
}

function keysOf(signings: readonly Signing[]): JsonObject {
  return Object.fromEntries(signings.flatMap(({ signers }) => signers).map(({ keyId, key }) => [keyId, key]));
}

/** What a client sees of an answer: canonical, so that two answers compare as texts. */
export function answerText(target: JsonObject | undefined): string {
  return target === undefined ? 'absent' : canonicalText(target);
}
