import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { canonical, sha256Hex, type JsonObject, type JsonValue } from '../../src/formats.ts';
import { documentOf, openDocument, parseCommon } from '../../src/tuf/document.ts';
import { keyDigests, parseKeys, parseRoleKeys, requireSignedBy } from '../../src/tuf/key.ts';
import { parseRoot, parseSnapshot, parseTargets, parseTimestamp } from '../../src/tuf/roles.ts';
import { refusal } from '../compose/story.ts';
import { makeSigner, type KeyKind, type TufSigner } from '../compose/tuf-signer.ts';

// What TUF's documents are made of, each rule alone: how much there may be of everything, and what has to be there.

const signer = makeSigner();
const common = { expires: '2031-01-01T00:00:00Z', spec_version: '1.0.34', version: 1 };
const keys = { a: signer.key, b: makeSigner().key };
const role = { keyids: ['a'], threshold: 1 };
const root: JsonObject = {
  _type: 'root',
  ...common,
  keys,
  roles: { root: role, timestamp: role, snapshot: role, targets: role },
};
const targets = (delegations: JsonValue): JsonObject => ({
  _type: 'targets',
  ...common,
  targets: {},
  delegations,
});
const delegation = { name: 'x', terminating: false, paths: ['x/*'], ...role };
const delegating = (changes: object): JsonObject => targets({ keys, roles: [{ ...delegation, ...changes }] });
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

describe('Every document', () => {
  test.each(['1.0', '1.0.0', '1.0.34', '1.9999.9999', '1.1'])(
    'may be of the specification %s',
    (spec_version) => {
      expect(parseCommon({ _type: 'root', ...common, spec_version }, 'root').version).toBe(1);
    },
  );

  test.each([
    '',
    '1',
    '1.',
    '2.0',
    '11.0',
    '1.0.',
    '1.0.0.0',
    '1.10000',
    '1.0.10000',
    'v1.0',
    '1.0a',
    '1.0\n',
    ' 1.0',
    '1.-1',
    '1..0',
  ])('is refused that says it is of %j', (spec_version) => {
    refusal('metadata_malformed', () => parseCommon({ _type: 'root', ...common, spec_version }, 'root'));
  });

  test('has a version from 1 to the largest safe integer', () => {
    for (const version of [1, Number.MAX_SAFE_INTEGER])
      expect(parseCommon({ _type: 'root', ...common, version }, 'root').version).toBe(version);
    refusal('metadata_malformed', () => parseCommon({ _type: 'root', ...common, version: 0 }, 'root'));
  });

  test('says when it ends, in seconds, and of what type it is', () => {
    const read = (changes: object): unknown => parseCommon({ _type: 'root', ...common, ...changes }, 'root');
    expect(read({})).toEqual({ version: 1, expires: Date.UTC(2031, 0, 1) / 1000 });
    for (const changes of [
      { expires: '2031-01-01' },
      { expires: 5 },
      { expires: [common.expires] },
      { _type: 'Root' },
      { _type: 'targets' },
      { _type: null },
    ])
      refusal('metadata_malformed', () => read(changes));
  });

  test('carries at most 1024 signatures, each by another key id', () => {
    const signedBy = (ids: readonly string[]): JsonObject => ({
      signatures: ids.map((keyid) => ({ keyid, sig: '' })),
      signed: {},
    });
    expect(documentOf(signedBy(numbered(1024))).signatures.size).toBe(1024);
    refusal('metadata_malformed', () => documentOf(signedBy(numbered(1025))));
    refusal('metadata_malformed', () => documentOf(signedBy(['a', 'a'])));
    expect(documentOf(signedBy([])).signatures.size).toBe(0);
    for (const signature of [
      { keyid: 'a' },
      { sig: '00' },
      { keyid: 1, sig: '' },
      { keyid: 'a', sig: 1 },
      'a',
      null,
    ])
      refusal('metadata_malformed', () => documentOf({ signatures: [signature], signed: {} }));
    for (const document of [
      { signed: {} },
      { signatures: [] },
      { signatures: {}, signed: {} },
      { signatures: [], signed: [] },
      [],
    ])
      refusal('metadata_malformed', () => documentOf(document));
  });

  test('is signed over the canonical form of what is used, however it is written', () => {
    const signed = { b: 1, a: 'é' };
    for (const text of [
      '{"signatures":[],"signed":{"a":"é","b":1}}',
      '{"signatures":[],"signed":{"b":1,"a":"é"}}',
      ' {"signatures":[],"signed":{"a":"é","b":1}}',
      '{"signatures":[],"signed":{"a":"é","b":1} }',
      '{"signed":{"a":"é","b":1},"signatures":[]}',
      '{"a":{},"signatures":[],"signed":{"a":"é","b":1}}',
      '{"signatures":[],"signed":{"a":"é","b":1},"z":{}}',
      '{"signatures":[{"keyid":"é","sig":"\\u0022"}],"signed":{"a":"é","b":1}}',
      '{"signatures":[{"keyid":"a","more":[1],"sig":"00"}],"signed":{"a":"é","b":1}}',
    ]) {
      const { signedBytes } = openDocument(new TextEncoder().encode(text), 1000);
      expect(Buffer.from(signedBytes).toString(), text).toBe(Buffer.from(canonical(signed)).toString());
    }
  });

  test('is refused above its limit before it is read', () => {
    const bytes = new TextEncoder().encode('{"signatures":[],"signed":{}}');
    expect(openDocument(bytes, bytes.length).signatures.size).toBe(0);
    refusal('too_large', () => openDocument(bytes, bytes.length - 1));
  });
});

describe('Keys of a role', () => {
  const parsed = parseKeys(keys);

  test('are 1 to 1024 signatures of at most 1024 keys', () => {
    for (const threshold of [1, 1024])
      expect(parseRoleKeys({ ...role, threshold }, parsed, '').threshold).toBe(threshold);
    for (const threshold of [0, -1, 1025, '1', null])
      refusal('metadata_malformed', () => parseRoleKeys({ ...role, threshold }, parsed, ''));
    const many = parseKeys(Object.fromEntries(numbered(1025).map((id) => [id, signer.key])));
    expect(parseRoleKeys({ keyids: numbered(1024), threshold: 1 }, many, '').keys.size).toBe(1024);
    refusal('metadata_malformed', () => parseRoleKeys({ keyids: numbered(1025), threshold: 1 }, many, ''));
    expect(parseRoleKeys({ keyids: [], threshold: 1 }, many, '').keys.size).toBe(0);
  });

  test('are listed, and named once', () => {
    for (const keyids of [['c'], ['a', 'a'], [1], [null], 'a', {}])
      refusal('metadata_malformed', () => parseRoleKeys({ keyids, threshold: 1 }, parsed, ''));
  });

  test('are told apart by what they are: type, scheme and public part', () => {
    const digestOf = (key: JsonValue): string | undefined => parseKeys({ k: key }).get('k')?.digest;
    const { keytype, scheme, keyval } = signer.key as {
      keytype: string;
      scheme: string;
      keyval: { public: string };
    };
    expect(digestOf(signer.key)).toBe(
      sha256Hex(canonical({ keytype, keyval: { public: keyval.public }, scheme })),
    );
    expect(digestOf({ ...signer.key, keyid_hash_algorithms: ['sha256'] })).toBe(digestOf(signer.key));
    expect(digestOf({ keytype, scheme, keyval: { public: keyval.public, private: 'x' } })).toBe(
      digestOf(signer.key),
    );
    const others = [
      { ...signer.key, scheme: 'x' },
      { ...signer.key, keytype: 'x' },
      { keytype, scheme, keyval: { public: 'x' } },
      { keytype, scheme, keyval: {} },
    ];
    expect(new Set([signer.key, ...others].map(digestOf)).size).toBe(5);
    for (const key of [
      null,
      'x',
      { scheme, keyval },
      { keytype, keyval },
      { keytype, scheme },
      { keytype, scheme, keyval: 'x' },
      { keytype: 1, scheme, keyval },
      { keytype, scheme: 1, keyval },
    ])
      refusal('metadata_malformed', () => digestOf(key));
  });

  test.each<KeyKind>(['ecdsa', 'rsa'])(
    'of %s are told apart by their one spelling, however they are written',
    (kind) => {
      const digestOf = (key: JsonValue): string | undefined => parseKeys({ k: key }).get('k')?.digest;
      const { key } = makeSigner(kind);
      const { public: pem } = key.keyval as { public: string };
      // SPEC §2: what a key is identified by.
      expect(digestOf(key)).toBe(
        sha256Hex(canonical({ keytype: kind, keyval: { public: pem }, scheme: key.scheme as string })),
      );
      expect(digestOf({ ...key, keyval: { public: pem.replaceAll('\n', '\r\n') } })).toBe(digestOf(key));
      if (kind === 'ecdsa') expect(digestOf({ ...key, keytype: 'ecdsa-sha2-nistp256' })).toBe(digestOf(key));
      expect(digestOf(makeSigner(kind).key)).not.toBe(digestOf(key));
    },
  );

  test('are remembered as sorted digests, each once', () => {
    const twice = parseKeys({ x: keys.b, y: keys.a, z: keys.a });
    const digests = keyDigests(parseRoleKeys({ keyids: ['x', 'y', 'z'], threshold: 1 }, twice, ''));
    expect(digests).toHaveLength(2);
    expect(digests).toEqual(digests.toSorted());
    const orders = [
      ['a', 'b'],
      ['b', 'a'],
    ].map((keyids) => keyDigests(parseRoleKeys({ keyids, threshold: 1 }, parsed, '')));
    expect(orders[0]).toEqual(orders[1]);
  });
});

describe('A signature', () => {
  const bytes = canonical({ a: 1 });
  const documentBy = (sig: string): ReturnType<typeof documentOf> =>
    documentOf({ signatures: [{ keyid: 'k', sig }], signed: { a: 1 } });
  const signedBy = (key: JsonValue, sig: string): void =>
    requireSignedBy(
      documentBy(sig),
      'role',
      parseRoleKeys({ keyids: ['k'], threshold: 1 }, parseKeys({ k: key }), ''),
    );
  const hex = (by: TufSigner): string => Buffer.from(by.sign(bytes)).toString('hex');

  test.each<KeyKind>(['ed25519', 'ecdsa', 'rsa'])(
    'of %s counts in lower-case hexadecimal digits alone',
    (kind) => {
      const by = makeSigner(kind);
      const sig = hex(by);
      expect(() => signedBy(by.key, sig)).not.toThrow();
      for (const other of [
        '',
        sig.toUpperCase(),
        `${sig}0`,
        ` ${sig}`,
        `${sig}\n`,
        `0x${sig}`,
        sig.slice(2),
        `${sig}00`,
        'zz',
        `${sig}zz`,
        sig.repeat(40),
      ])
        refusal('metadata_threshold', () => signedBy(by.key, other));
    },
  );

  test('counts for the kind of key that is listed, and for no other', () => {
    const [ed, ec, rsa] = (['ed25519', 'ecdsa', 'rsa'] as const).map(makeSigner) as [
      TufSigner,
      TufSigner,
      TufSigner,
    ];
    expect(() => signedBy({ ...ec.key, keytype: 'ecdsa-sha2-nistp256' }, hex(ec))).not.toThrow();
    for (const [by, changes] of [
      [ed, { scheme: 'ed25519ph' }],
      [ed, { keytype: 'eddsa' }],
      [ec, { scheme: 'ecdsa-sha2-nistp384' }],
      [ec, { keytype: 'ec' }],
      [rsa, { scheme: 'rsassa-pss-sha512' }],
      [rsa, { scheme: 'rsa-pkcs1v15-sha256' }],
      [rsa, { keytype: 'ecdsa' }],
      [ed, { keytype: 'ed25519', scheme: 'ecdsa-sha2-nistp256' }],
    ] as const)
      refusal('metadata_threshold', () => signedBy({ ...by.key, ...changes }, hex(by)));
  });

  test('by a key that cannot be read does not count, and nothing else is thrown', () => {
    const odd: readonly JsonValue[] = [
      '',
      'zz',
      'AA'.repeat(32),
      'aa'.repeat(31),
      'aa'.repeat(33),
      5,
      null,
      {},
      [],
      'a'.repeat(4097),
      '-----BEGIN PUBLIC KEY-----\n',
    ];
    for (const [keytype, scheme] of [
      ['ed25519', 'ed25519'],
      ['ecdsa', 'ecdsa-sha2-nistp256'],
      ['rsa', 'rsassa-pss-sha256'],
    ] as const)
      for (const value of odd)
        refusal('metadata_threshold', () =>
          signedBy({ keytype, scheme, keyval: { public: value } }, '00'.repeat(64)),
        );
  });

  test('by a key of at most 4096 characters counts', () => {
    const by = makeSigner('rsa');
    const pem = (by.key as { keyval: { public: string } }).keyval.public;
    const padded = (length: number): JsonObject => ({
      ...by.key,
      keyval: { public: pem + '\n'.repeat(length - pem.length) },
    });
    expect(() => signedBy(padded(4096), hex(by))).not.toThrow();
    refusal('metadata_threshold', () => signedBy(padded(4097), hex(by)));
  });

  test('of more keys than are needed is enough, and of fewer is not', () => {
    const signers = Array.from({ length: 3 }, () => makeSigner());
    const all = parseKeys(Object.fromEntries(signers.map(({ key }, i) => [String(i), key])));
    const document = (count: number) =>
      documentOf({
        signatures: signers.slice(0, count).map((by, i) => ({ keyid: String(i), sig: hex(by) })),
        signed: { a: 1 },
      });
    const needs = (threshold: number) => parseRoleKeys({ keyids: ['0', '1', '2'], threshold }, all, '');
    for (const [count, threshold] of [
      [3, 1],
      [3, 3],
      [2, 2],
      [1, 1],
    ] as const)
      expect(() => requireSignedBy(document(count), 'role', needs(threshold))).not.toThrow();
    for (const [count, threshold] of [
      [0, 1],
      [1, 2],
      [2, 3],
    ] as const) {
      const { seen } = refusal('metadata_threshold', () =>
        requireSignedBy(document(count), 'role', needs(threshold)),
      );
      expect(seen).toBe(`role carries ${count} valid signatures of the ${threshold} that it needs.`);
    }
  });
});

describe('A root', () => {
  test('names keys and a threshold for each of the four roles', () => {
    const { root: own, timestamp, snapshot, targets: top } = parseRoot(root);
    for (const of of [own, timestamp, snapshot, top]) expect([...of.keys.keys()]).toEqual(['a']);
    for (const name of ['root', 'timestamp', 'snapshot', 'targets']) {
      const { [name]: _, ...rest } = root.roles as JsonObject;
      refusal('metadata_malformed', () => parseRoot({ ...root, roles: rest }));
      refusal('metadata_malformed', () =>
        parseRoot({ ...root, roles: { ...rest, [name]: { ...role, threshold: 0 } } }),
      );
    }
    for (const changes of [{ roles: [] }, { keys: [] }, { keys: null }, { roles: null }])
      refusal('metadata_malformed', () => parseRoot({ ...root, ...changes }));
  });

  test('gives each role its own keys', () => {
    const roles = {
      root: role,
      timestamp: { keyids: ['b'], threshold: 1 },
      snapshot: { keyids: ['a', 'b'], threshold: 2 },
      targets: { keyids: [], threshold: 1 },
    };
    const parsed = parseRoot({ ...root, roles });
    expect(
      [parsed.root, parsed.timestamp, parsed.snapshot, parsed.targets].map((of) => [
        [...of.keys.keys()].join(),
        of.threshold,
      ]),
    ).toEqual([
      ['a', 1],
      ['b', 1],
      ['a,b', 2],
      ['', 1],
    ]);
  });
});

describe('What a timestamp and a snapshot say about a file', () => {
  const sha256 = createHash('sha256').update('x').digest('hex');
  const timestamp = (meta: JsonValue): JsonObject => ({
    _type: 'timestamp',
    ...common,
    meta: { 'snapshot.json': meta },
  });

  test('is its version, and where they tell it its length and its digests', () => {
    expect(parseTimestamp(timestamp({ version: 3 })).snapshot).toEqual({
      version: 3,
      length: undefined,
      hashes: undefined,
    });
    const told = parseTimestamp(
      timestamp({ version: 3, length: 1, hashes: { sha256, sha512: 'any' }, more: 1 }),
    ).snapshot;
    expect(told).toEqual({
      version: 3,
      length: 1,
      hashes: new Map([
        ['sha256', sha256],
        ['sha512', 'any'],
      ]),
    });
  });

  test.each<[string, JsonValue]>([
    ['no version', {}],
    ['a version of 0', { version: 0 }],
    ['a length of 0', { version: 1, length: 0 }],
    ['a length that is a text', { version: 1, length: '1' }],
    ['an empty list of digests', { version: 1, hashes: {} }],
    ['a list instead of digests', { version: 1, hashes: [] }],
    ['null instead of digests', { version: 1, hashes: null }],
    ['a digest that is a number', { version: 1, hashes: { sha256: 1 } }],
    ['an unknown digest that is a number', { version: 1, hashes: { md5: 1 } }],
    ['a digest in capitals', { version: 1, hashes: { sha256: sha256.toUpperCase() } }],
    ['a digest that is cut', { version: 1, hashes: { sha256: sha256.slice(1) } }],
    ['nothing', null],
  ])('is refused with %s', (_, meta) => {
    refusal('metadata_malformed', () => parseTimestamp(timestamp(meta)));
    refusal('metadata_malformed', () =>
      parseSnapshot({ _type: 'snapshot', ...common, meta: { 'x.json': meta } }),
    );
  });

  test('is not missing', () => {
    refusal('metadata_malformed', () => parseTimestamp({ _type: 'timestamp', ...common, meta: {} }));
    refusal('metadata_malformed', () => parseTimestamp({ _type: 'timestamp', ...common }));
    refusal('metadata_malformed', () => parseSnapshot({ _type: 'snapshot', ...common }));
    refusal('metadata_malformed', () => parseTimestamp({ ...timestamp({ version: 1 }), _type: 'snapshot' }));
    refusal('metadata_malformed', () => parseSnapshot({ ...timestamp({ version: 1 }) }));
    expect(parseSnapshot({ _type: 'snapshot', ...common, meta: {} }).meta.size).toBe(0);
  });
});

describe('A delegation', () => {
  test('has a name, by which it stands once, and which is no top-level role', () => {
    const named = (...names: readonly JsonValue[]): JsonObject =>
      targets({ keys, roles: names.map((name) => ({ ...delegation, name })) });
    for (const names of [['x'], ['x'.repeat(1024)], ['x', 'y', 'constructor']])
      expect(parseTargets(named(...names)).delegations.map(({ name }) => name)).toEqual(names);
    for (const names of [
      [''],
      ['x'.repeat(1025)],
      [1],
      ['x', 'x'],
      ['x', 'y', 'x'],
      ['root'],
      ['timestamp'],
      ['snapshot'],
      ['targets'],
      ['x', 'targets'],
    ])
      refusal('metadata_malformed', () => parseTargets(named(...names)));
  });

  test('is by paths or by prefixes of digests, which are texts', () => {
    const [byPaths] = parseTargets(delegating({})).delegations;
    expect(byPaths).toMatchObject({
      name: 'x',
      terminating: false,
      paths: ['x/*'],
      pathHashPrefixes: undefined,
      threshold: 1,
    });
    const { paths: _, ...without } = delegation;
    const [byPrefixes] = parseTargets(
      targets({ keys, roles: [{ ...without, path_hash_prefixes: ['ab'] }] }),
    ).delegations;
    expect(byPrefixes).toMatchObject({ paths: undefined, pathHashPrefixes: ['ab'] });
    expect(parseTargets(delegating({ paths: [] })).delegations[0]?.paths).toEqual([]);
    for (const changes of [
      { paths: [1] },
      { paths: 'x' },
      { paths: null },
      { path_hash_prefixes: ['a'] },
      { path_hash_prefixes: null },
      { terminating: 1 },
      { terminating: null },
      { threshold: 0 },
      { keyids: ['c'] },
    ])
      refusal('metadata_malformed', () => parseTargets(delegating(changes)));
    refusal('metadata_malformed', () => parseTargets(targets({ keys, roles: [without] })));
    refusal('metadata_malformed', () => parseTargets(targets({ keys, roles: [null] })));
  });

  test('says whether it ends the search', () => {
    expect(parseTargets(delegating({ terminating: true })).delegations[0]?.terminating).toBe(true);
  });

  test('is one of at most 100,000, with at most as many paths', () => {
    const paths = numbered(100_000);
    expect(parseTargets(delegating({ paths })).delegations[0]?.paths).toHaveLength(100_000);
    refusal('metadata_malformed', () => parseTargets(delegating({ paths: [...paths, 'x'] })));
    const roles = paths.map((name) => ({ ...delegation, name }));
    expect(parseTargets(targets({ keys, roles })).delegations).toHaveLength(100_000);
    refusal('metadata_malformed', () =>
      parseTargets(targets({ keys, roles: [...roles, { ...delegation, name: 'x' }] })),
    );
  });

  test('may be left out, and is not half there', () => {
    const { delegations: _, ...none } = targets({});
    expect(parseTargets(none)).toEqual({
      version: 1,
      expires: Date.UTC(2031, 0, 1) / 1000,
      targets: {},
      delegations: [],
    });
    for (const odd of [null, [], {}, { keys }, { roles: [] }, { keys, roles: {} }])
      refusal('metadata_malformed', () => parseTargets(targets(odd)));
    for (const odd of [null, [], 'x'])
      refusal('metadata_malformed', () => parseTargets({ ...none, targets: odd }));
    refusal('metadata_malformed', () => parseTargets({ ...none, _type: 'root' }));
  });
});
