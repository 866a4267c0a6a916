import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { JsonObject } from '../../src/formats.ts';
import { compose, pool, publish, targetOf, type TufRepository } from './tuf-repository.ts';
import type { Files } from './tuf-outcome.ts';
import type { TufSigner } from './tuf-signer.ts';

/** What our core and tuf-js take differently, one repository each, by clause of SPEC §13. */
export type Difference = {
  readonly clause: string;
  readonly what: string;
  /** Gets a published repository whose `targets` lists `x`; gives what is served. */
  readonly change: (repository: TufRepository) => Files;
  readonly path?: string;
  readonly ours: Answer;
  readonly theirs: Answer;
};
type Answer = 'found' | 'absent' | 'refused';

const [targetsKey, roleKey] = [pool[3], pool[5]] as [TufSigner, TufSigner];

export const differences: readonly Difference[] = [
  stricter('§13.1', 'a member that stands twice', bytes('targets', '"version":', '"version":7,"version":')),
  stricter('§13.1', 'nesting deeper than 32', says('targets', { deep: nested(40) })),
  { ...stricter('§13.1', 'a path beyond ASCII', listed('ü', targetOf('ü'))), path: 'ü' },
  stricter('§13.2', 'a negative version of the first timestamp', says('timestamp', { version: -5 })),
  stricter(
    '§13.2',
    'a version of the specification in other than digits',
    says('targets', { spec_version: '1.0x1' }),
  ),
  stricter('§13.3', 'a time with an offset', says('targets', { expires: '2030-02-01T00:00:00+02:00' })),
  stricter('§13.3', 'a time with a fraction', says('targets', { expires: '2030-02-01T00:00:00.000Z' })),
  stricter('§13.4', 'one key under two ids for a threshold of two', oneKeyTwice),
  stricter(
    '§13.4',
    'an id of a key that is not listed',
    rootSays('targets', { keyids: ['nobody', targetsKey.keyId] }),
  ),
  stricter('§13.5', 'a key in another encoding', signedBy(ed25519AsPem())),
  stricter('§13.5', 'a key of another curve', signedBy(p384())),
  stricter('§13.5', 'a signature in upper-case digits', upperCase),
  stricter('§13.6', 'a digest of another algorithm', withDigest(sha1)),
  stricter(
    '§13.6',
    'no digest where some are listed',
    withDigest(() => ({})),
  ),
  stricter('§13.7', 'a delegation by neither paths nor prefixes', pathless),
  stricter('§13.8', 'succinct roles', succinct),
  { ...looser('§13.9', 'members of a timestamp’s meta that are not known', timestampMeta), ours: 'found' },
  {
    ...looser('§13.9', 'a malformed target beside the one asked about', listed('y', { length: 'one' })),
    ours: 'found',
  },
  {
    ...looser('§13.9', 'a timestamp of 20,000 bytes', says('timestamp', { more: 'x'.repeat(20_000) })),
    ours: 'found',
  },
  pattern('[ab]', 'a', 'absent', 'found'),
  pattern('{a,b}', 'a', 'absent', 'found'),
  pattern('!b', 'a', 'absent', 'found'),
  pattern('*', '.a', 'found', 'absent'),
  {
    ...looser('§13.11', 'roles whose names are numbers, in their order', numbered),
    path: 'a',
    ours: 'found',
    theirs: 'refused',
  },
  { ...looser('§13.12', 'a role of such a name', inherited), path: 'a', ours: 'found' },
  {
    ...looser('§13.12', 'a path that every object inherits', (repository) => compose(repository)),
    path: 'constructor',
  },
];

function stricter(clause: string, what: string, change: Difference['change']): Difference {
  return { clause, what, change, ours: 'refused', theirs: 'found' };
}

function looser(clause: string, what: string, change: Difference['change']): Difference {
  return { clause, what, change, ours: 'absent', theirs: 'refused' };
}

function says(role: string, members: JsonObject): Difference['change'] {
  return (repository) => compose(repository, { role, signed: (signed) => ({ ...signed, ...members }) });
}

function bytes(role: string, from: string, to: string): Difference['change'] {
  return (repository) => {
    const unmeasured = { ...repository, measured: false };
    return compose(unmeasured, {
      role,
      bytes: (file) => Buffer.from(Buffer.from(file).toString().replace(from, to)),
    });
  };
}

function nested(depth: number): JsonObject {
  return depth === 0 ? {} : { in: nested(depth - 1) };
}

function listed(path: string, target: JsonObject): Difference['change'] {
  return (repository) => {
    repository.targets.set('targets', { ...repository.targets.get('targets'), [path]: target });
    return compose(repository);
  };
}

function rootSays(role: string, members: JsonObject): Difference['change'] {
  return (repository) =>
    compose(repository, {
      role: 'root',
      signed: (signed) => {
        const roles = signed.roles as Record<string, JsonObject>;
        return { ...signed, roles: { ...roles, [role]: { ...roles[role], ...members } } };
      },
    });
}

function oneKeyTwice(repository: TufRepository): Files {
  const twice = [targetsKey, { ...targetsKey, keyId: 'the same' }];
  repository.top.targets = { signers: twice, threshold: 2 };
  return compose(repository);
}

function signedBy(signer: TufSigner): Difference['change'] {
  return (repository) => {
    repository.top.targets = { signers: [signer], threshold: 1 };
    return compose(repository);
  };
}

function ed25519AsPem(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const key = { keytype: 'ed25519', keyval: { public: pem }, scheme: 'ed25519' };
  return { keyId: 'pem', key, sign: (data) => sign(null, data, privateKey) };
}

function p384(): TufSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const key = { keytype: 'ecdsa', keyval: { public: pem }, scheme: 'ecdsa-sha2-nistp384' };
  return { keyId: 'p384', key, sign: (data) => sign('sha384', data, privateKey) };
}

function upperCase(repository: TufRepository): Files {
  const upper = (text: string): string =>
    text.replace(/"sig":"[0-9a-f]+"/g, (sig) => `"sig":${sig.slice(6).toUpperCase()}`);
  const unmeasured = { ...repository, measured: false };
  return compose(unmeasured, {
    role: 'targets',
    bytes: (file) => Buffer.from(upper(Buffer.from(file).toString())),
  });
}

/** The snapshot says these digests of `targets`, and no others. */
function withDigest(digestsOf: (file: Uint8Array) => JsonObject): Difference['change'] {
  return (repository) => {
    const file = compose(repository).get('1.targets.json') ?? new Uint8Array();
    const meta = { 'targets.json': { version: 1, hashes: digestsOf(file) } };
    // Signing once more would give ECDSA signatures that are others.
    const files = compose(repository, { role: 'snapshot', signed: (signed) => ({ ...signed, meta }) });
    return new Map([...files, ['1.targets.json', file]]);
  };
}

function sha1(file: Uint8Array): JsonObject {
  return { sha1: createHash('sha1').update(file).digest('hex') };
}

function delegating(
  repository: TufRepository,
  to: string,
  paths: readonly string[],
  lists: readonly string[],
): void {
  const edges = repository.edges.get('targets') ?? [];
  repository.edges.set('targets', [
    ...edges,
    { to, paths, terminating: false, signers: [roleKey], threshold: 1 },
  ]);
  repository.targets.set(to, Object.fromEntries(lists.map((path) => [path, targetOf(path)])));
  publish(repository, ['targets', to]);
}

function changingDelegations(change: (delegations: JsonObject) => JsonObject): Difference['change'] {
  return (repository) => {
    delegating(repository, 'role', ['y'], []);
    return compose(repository, {
      role: 'targets',
      signed: (signed) => ({ ...signed, delegations: change(signed.delegations as JsonObject) }),
    });
  };
}

function pathless(repository: TufRepository): Files {
  return changingDelegations(({ keys, roles }) => {
    const [role] = roles as [JsonObject];
    return {
      keys: keys ?? {},
      roles: [{ ...Object.fromEntries(Object.entries(role).filter(([name]) => name !== 'paths')) }],
    };
  })(repository);
}

function succinct(repository: TufRepository): Files {
  const bins = { keyids: [roleKey.keyId], threshold: 1, bit_length: 1, name_prefix: 'bin' };
  return changingDelegations(({ keys }) => ({ keys: keys ?? {}, succinct_roles: bins }))(repository);
}

function timestampMeta(repository: TufRepository): Files {
  return compose(repository, {
    role: 'timestamp',
    signed: (signed) => ({
      ...signed,
      meta: { ...(signed.meta as JsonObject), 'more.json': { version: 1 } },
    }),
  });
}

function pattern(of: string, path: string, ours: Answer, theirs: Answer): Difference {
  const change = (repository: TufRepository): Files => {
    delegating(repository, 'role', [of], [path]);
    return compose(repository);
  };
  return { clause: '§13.10', what: `the pattern ${of} and the path ${path}`, change, path, ours, theirs };
}

/** In an order that is not that of their numbers. */
function numbered(repository: TufRepository): Files {
  delegating(repository, '2', ['a'], ['a']);
  delegating(repository, '1', ['a'], ['a']);
  return compose(repository);
}

function inherited(repository: TufRepository): Files {
  delegating(repository, 'constructor', ['a'], ['a']);
  return compose(repository);
}
