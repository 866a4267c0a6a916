import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { timeOf, type JsonObject } from '../src/formats.ts';
import { delegates } from '../src/tuf/delegation.ts';
import { openDocument } from '../src/tuf/document.ts';
import { parseTargets } from '../src/tuf/roles.ts';
import type { Delegation } from '../src/tuf/roles.ts';
import {
  nextRoot,
  requireUnexpired,
  trustRoot,
  verifyTargets,
  withSnapshot,
  withTimestamp,
  type TrustedSet,
} from '../src/tuf/trusted-set.ts';
import { makeSigner, seal, sealAs, type TufSigner } from './compose/tuf-signer.ts';
import { refusal } from './compose/story.ts';

// The TUF core alone, with repositories of other shapes than ours: key ids of any kind, delegations of delegations, digests of files.

const now = 1_900_000_000;
const expires = timeOf(now + 1000);
const [rootKey, timestampKey, snapshotKey, targetsKey, roleKey] = Array.from({ length: 5 }, () =>
  makeSigner(),
) as TufSigner[] & {
  length: 5;
};
const named = (signer: TufSigner | undefined, keyId: string): TufSigner => ({
  ...(signer as TufSigner),
  keyId,
});
const keys = {
  root: named(rootKey, 'the root key'),
  timestamp: named(timestampKey, 'ts'),
  snapshot: named(snapshotKey, ''),
  targets: named(targetsKey, '../targets'),
  role: named(roleKey, 'role'),
};

function metadata(type: string, version: number, rest: JsonObject): JsonObject {
  return {
    _type: type,
    expires,
    spec_version: '1.0.31',
    version,
    'of other makers': { x: [null, true] },
    ...rest,
  };
}

function root(version = 1, changes: JsonObject = {}): Uint8Array {
  const role = (name: 'root' | 'timestamp' | 'snapshot' | 'targets'): JsonObject => ({
    keyids: [keys[name].keyId],
    threshold: 1,
    note: 'x',
  });
  const listed = [keys.root, keys.timestamp, keys.snapshot, keys.targets].map(({ key, keyId }) => [
    keyId,
    { ...key, extra: { a: 1 } },
  ]);
  const roles = {
    root: role('root'),
    timestamp: role('timestamp'),
    snapshot: role('snapshot'),
    targets: role('targets'),
    mirrors: role('root'),
  };
  return seal(
    metadata('root', version, { keys: Object.fromEntries(listed) as JsonObject, roles, ...changes }),
    [keys.root],
  );
}

const timestamp = (version: number, snapshot: number): Uint8Array =>
  seal(metadata('timestamp', version, { meta: { 'snapshot.json': { version: snapshot } } }), [
    keys.timestamp,
  ]);
const snapshot = (version: number, versions: Record<string, number>): Uint8Array => {
  const meta = Object.fromEntries(
    Object.entries(versions).map(([name, of]) => [`${name}.json`, { version: of }]),
  );
  return seal(metadata('snapshot', version, { meta }), [keys.snapshot]);
};
const delegatesToRole = {
  keys: { role: keys.role.key },
  roles: [{ name: 'some/role?', keyids: ['role'], threshold: 1, terminating: false, paths: ['a/*'] }],
};

describe('The TUF workflow', () => {
  test('follows repositories of other makers', () => {
    let set = trustRoot(root(), now);
    set = withTimestamp(nextRoot(set, root(2)), timestamp(1, 1));
    set = withSnapshot(set, snapshot(1, { targets: 1, 'some/role?': 4 }));
    const targets = seal(metadata('targets', 1, { targets: {}, delegations: delegatesToRole }), [
      keys.targets,
    ]);
    const top = verifyTargets(set, targets, 'targets', set.root.body.targets);
    const [delegation] = top.body.delegations;
    const role = seal(metadata('targets', 4, { targets: { 'a/b': { length: 1, hashes: { md5: 'x' } } } }), [
      keys.role,
    ]);
    const found = verifyTargets(set, role, 'some/role?', delegation as Delegation);
    expect(Object.keys(found.body.targets)).toEqual(['a/b']);
  });

  test('keeps a timestamp whose version it has, whatever the new one says', () => {
    const set = withTimestamp(trustRoot(root(), now), timestamp(3, 2));
    expect(withTimestamp(set, timestamp(3, 9))).toBe(set);
    refusal('rollback', () => withTimestamp(set, timestamp(2, 2)));
    refusal('rollback', () => withTimestamp(set, timestamp(4, 1)));
    expect(withTimestamp(set, timestamp(4, 2)).timestamp?.body.version).toBe(4);
  });

  test('refuses a snapshot that forgets a role, or has an older one', () => {
    const first = withSnapshot(
      withTimestamp(trustRoot(root(), now), timestamp(1, 1)),
      snapshot(1, { targets: 2, role: 2 }),
    );
    const set = withTimestamp(first, timestamp(2, 2));
    refusal('rollback', () => withSnapshot(set, snapshot(2, { targets: 2 })));
    refusal('rollback', () => withSnapshot(set, snapshot(2, { targets: 2, role: 1 })));
    refusal('metadata_version', () => withSnapshot(set, snapshot(3, { targets: 2, role: 2 })));
    expect(withSnapshot(set, snapshot(2, { targets: 2, role: 3 })).snapshot?.body.version).toBe(2);
  });

  test('takes a file of exactly the length that was signed', () => {
    const listed = snapshot(1, { targets: 1 });
    const naming = (length: number): TrustedSet => {
      const meta = { 'snapshot.json': { length, version: 1 } };
      const bytes = seal(metadata('timestamp', 1, { meta }), [keys.timestamp]);
      return withTimestamp(trustRoot(root(), now), bytes);
    };
    expect(withSnapshot(naming(listed.length), listed).snapshot?.body.version).toBe(1);
    refusal('metadata_digest', () => withSnapshot(naming(listed.length + 1), listed));
    refusal('metadata_digest', () => withSnapshot(naming(listed.length - 1), listed));
  });

  test('takes a file of every digest that was signed, and of none that it cannot make', () => {
    const listed = snapshot(1, { targets: 1 });
    const [sha256, sha512] = ['sha256', 'sha512'].map((name) =>
      createHash(name).update(listed).digest('hex'),
    ) as [string, string];
    const naming = (hashes: JsonObject): TrustedSet => {
      const meta = { 'snapshot.json': { hashes, version: 1 } };
      return withTimestamp(
        trustRoot(root(), now),
        seal(metadata('timestamp', 1, { meta }), [keys.timestamp]),
      );
    };
    for (const hashes of [{ sha256 }, { sha512 }, { sha256, sha512 }])
      expect(withSnapshot(naming(hashes), listed).snapshot?.body.version).toBe(1);
    for (const hashes of [
      { sha256: sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
      { sha512: sha256 },
      { sha256, sha512: sha256 },
      { sha256, 'sha3-512': sha512 },
      { sha256, md5: sha256 },
    ])
      refusal('metadata_digest', () => withSnapshot(naming(hashes), listed));
  });

  test('forgets what lies below a root when the root changes', () => {
    const set = withTimestamp(trustRoot(root(), now), timestamp(1, 1));
    expect(nextRoot(set, root(2))).toMatchObject({ timestamp: undefined, snapshot: undefined });
  });

  test('does not go on with anything that has expired', () => {
    const set = trustRoot(root(1, { expires: timeOf(now) }), now);
    refusal('metadata_expired', () => withTimestamp(set, timestamp(1, 1)));
    const later = { ...withTimestamp(trustRoot(root(), now), timestamp(1, 1)), now: now + 1000 };
    refusal('metadata_expired', () => withSnapshot(later, snapshot(1, {})));
    expect(() => requireUnexpired('root', { expires: 5 }, 4)).not.toThrow();
  });

  test('refuses each file at the second at which it expires, whatever the others say', () => {
    const until = (type: 'timestamp' | 'snapshot', end: number): Uint8Array => {
      const meta = type === 'timestamp' ? { 'snapshot.json': { version: 1 } } : {};
      return seal(metadata(type, 1, { meta, expires: timeOf(end) }), [keys[type]]);
    };
    const start = trustRoot(root(), now);
    refusal('metadata_expired', () => withTimestamp(start, until('timestamp', now)));
    const stamped = withTimestamp(start, until('timestamp', now + 1));
    refusal('metadata_expired', () => withSnapshot(stamped, until('snapshot', now)));
    expect(withSnapshot(stamped, until('snapshot', now + 1)).snapshot?.body.version).toBe(1);
    // A second later, it is the timestamp that has expired.
    refusal('metadata_expired', () => withSnapshot({ ...stamped, now: now + 1 }, until('snapshot', now + 9)));
  });

  test('is followed in its order alone', () => {
    const set = trustRoot(root(), now);
    expect(() => withSnapshot(set, snapshot(1, {}))).toThrow(TypeError);
    expect(() => verifyTargets(set, snapshot(1, {}), 'targets', set.root.body.targets)).toThrow(TypeError);
  });

  test('does not take a role that the snapshot does not list', () => {
    const set = withSnapshot(withTimestamp(trustRoot(root(), now), timestamp(1, 1)), snapshot(1, {}));
    const targets = seal(metadata('targets', 1, { targets: {} }), [keys.targets]);
    refusal('metadata_version', () => verifyTargets(set, targets, 'targets', set.root.body.targets));
    // Nor one after the snapshot has expired.
    const listing = withSnapshot(set, snapshot(1, { targets: 1 }));
    const lasting = seal(metadata('targets', 1, { targets: {}, expires: timeOf(now + 9999) }), [
      keys.targets,
    ]);
    const { targets: signers } = set.root.body;
    expect(verifyTargets(listing, lasting, 'targets', signers).body.version).toBe(1);
    refusal('metadata_expired', () =>
      verifyTargets({ ...listing, now: now + 1000 }, lasting, 'targets', signers),
    );
    // What every object inherits is no listed file.
    refusal('metadata_version', () => verifyTargets(set, targets, 'constructor', set.root.body.targets));
  });

  test('does not start from a root that did not sign itself', () => {
    const { signed } = JSON.parse(Buffer.from(root()).toString()) as { signed: JsonObject };
    refusal('metadata_threshold', () => trustRoot(seal(signed, [keys.targets]), now));
  });

  test('counts no signature of a kind of key that it does not know, and stumbles over none', () => {
    const strange = { keytype: 'ml-dsa', scheme: 'ml-dsa-44', keyval: { public: 'AAAA' } };
    const broken = {
      keytype: 'ecdsa',
      scheme: 'ecdsa-sha2-nistp256',
      keyval: { public: '-----BEGIN PRIVATE KEY-----\n' },
    };
    const { signed } = JSON.parse(Buffer.from(root()).toString()) as {
      signed: { keys: JsonObject; roles: JsonObject } & JsonObject;
    };
    const ids = [keys.root.keyId, 'strange', 'broken'];
    const changed = {
      ...signed,
      keys: { ...signed.keys, strange, broken },
      roles: { ...signed.roles, root: { keyids: ids, threshold: 2 } },
    };
    const signers = [keys.root, named(keys.targets, 'strange'), named(keys.targets, 'broken')];
    refusal('metadata_threshold', () => trustRoot(seal(changed, signers), now));
    const one = { ...changed, roles: { ...changed.roles, root: { keyids: ids, threshold: 1 } } };
    expect(trustRoot(seal(one, signers), now).root.body.version).toBe(1);
  });

  test.each<[string, JsonObject]>([
    ['a version of 0', { version: 0 }],
    ['a negative version', { version: -5 }],
    ['a version that is a text', { version: '1' }],
    ['a spec_version of 2', { spec_version: '2.0.0' }],
    ['no expiry', { expires: 'never' }],
    ['another type', { _type: 'targets' }],
  ])('refuses a root with %s', (_, changes) => {
    refusal('metadata_malformed', () => trustRoot(root(1, changes), now));
  });

  test.each<[string, (role: JsonObject) => object]>([
    ['paths and prefixes', (role) => ({ ...role, path_hash_prefixes: ['a'] })],
    ['neither paths nor prefixes', (role) => without(role, 'paths')],
    ['a top-level name', (role) => ({ ...role, name: 'snapshot' })],
    ['no word on terminating', (role) => without(role, 'terminating')],
  ])('refuses a delegation with %s', (_, change) => {
    const role = delegatesToRole.roles[0] as unknown as JsonObject;
    const delegations = { keys: delegatesToRole.keys, roles: [change(role) as JsonObject] };
    refusal('metadata_malformed', () => parseTargets(metadata('targets', 1, { targets: {}, delegations })));
  });
});

describe('A delegation', () => {
  const by = (...paths: string[]): Delegation => ({
    name: 'x',
    terminating: true,
    paths,
    pathHashPrefixes: undefined,
    keys: new Map(),
    threshold: 1,
  });

  test.each([
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['a/*', 'a/b', true],
    ['a/*', 'a/', true],
    ['a/*', 'a/b/c', false],
    ['*/*/*', 'a/b/c', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a/c', false],
    ['*.tgz', 'x.tgz', true],
    ['*.tgz', 'x.tgz.y', false],
    ['a*b*c', 'aXXbYYbc', true],
    ['a*b*c', 'aXXcYYb', false],
    ['[ab]', 'a', false],
    ['.', 'x', false],
    ['a/b', 'a/c', false],
    ['a/b', 'c/b', false],
    ['a', 'xa', false],
    ['abc', 'Xc', false],
    ['*a', 'a', true],
    ['a*b', 'ab', true],
    ['*a*', 'a', true],
  ])('%j speaks about %j: %s', (pattern, path, expected) => {
    expect(delegates(by(pattern), path)).toBe(expected);
  });

  test('speaks about what any of its patterns speaks about', () => {
    for (const path of ['a', 'b', 'c/d']) expect(delegates(by('a', 'b', 'c/*'), path), path).toBe(true);
    expect(delegates(by('a', 'b', 'c/*'), 'd')).toBe(false);
    expect(delegates(by(), 'a')).toBe(false);
  });

  test('takes no longer than a product of the lengths', () => {
    expect(delegates(by(`${'*a'.repeat(40)}b`), 'a'.repeat(4000))).toBe(false);
  });

  test('by digests speaks about paths whose SHA-256 begins so', () => {
    const byDigest = { ...by(), paths: undefined, pathHashPrefixes: ['ca97', 'fb8e'] };
    // SHA-256 of "a" begins with ca978112.
    expect(delegates(byDigest, 'a')).toBe(true);
    expect(delegates(byDigest, 'b')).toBe(false);
  });
});

describe('A file', () => {
  test('whose part signed does not stand last, or with a further member, is signed over its canonical form', () => {
    const signed = metadata('targets', 1, { targets: { 'p/a/b': { hashes: {}, length: 1 } } });
    const bytes = sealAs(signed, [keys.role], (value) => JSON.stringify({ ...value, zzz: 1 }));
    expect(Buffer.from(openDocument(bytes, 1e6).signedBytes)).toEqual(
      Buffer.from(openDocument(seal(signed, []), 1e6).signedBytes),
    );
  });
});

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}
