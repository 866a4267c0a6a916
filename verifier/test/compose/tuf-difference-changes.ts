import { createHash } from 'node:crypto';
import type { JsonObject } from '../../src/formats.ts';
import type { Files } from './tuf-outcome.ts';
import { compose, pool, publish, targetOf, type TufRepository } from './tuf-repository.ts';
import type { TufSigner } from './tuf-signer.ts';

/** What is done to a published repository whose `targets` lists `x`; gives what is served. */
export type Change = (repository: TufRepository) => Files;

export const [targetsKey, roleKey] = [pool[3], pool[5]] as [TufSigner, TufSigner];

export function says(role: string, members: JsonObject): Change {
  return (repository) => compose(repository, { role, signed: (signed) => ({ ...signed, ...members }) });
}

/** Written otherwise, after it was signed; `to` in Latin-1, so that any bytes can be told. */
export function bytes(role: string, from: string | RegExp, to: string): Change {
  return rewriting(role, (text) => text.replace(from, () => to));
}

function rewriting(role: string, rewrite: (text: string) => string): Change {
  return (repository) => {
    const unmeasured = { ...repository, measured: false };
    return compose(unmeasured, {
      role,
      bytes: (file) => Buffer.from(rewrite(Buffer.from(file).toString('latin1')), 'latin1'),
    });
  };
}

/** A member beside `signed`, which no signature covers. */
export function beside(value: string): Change {
  return bytes('targets', '{', `{"beside":${value},`);
}

export function signatures(rewrite: (sig: string) => string): Change {
  return rewriting('targets', (text) =>
    text.replace(/"sig":"([0-9a-f]+)"/g, (_whole, sig: string) => `"sig":"${rewrite(sig)}"`),
  );
}

export function signaturesByNobody(count: number): Change {
  const more = Array.from({ length: count }, (_, i) => `{"keyid":"nobody ${i}","sig":"00"},`);
  return bytes('targets', '"signatures":[', `"signatures":[${more.join('')}`);
}

export function nested(depth: number): JsonObject {
  return depth === 0 ? {} : { in: nested(depth - 1) };
}

export function listed(path: string, target: JsonObject): Change {
  return (repository) => {
    repository.targets.set('targets', { ...repository.targets.get('targets'), [path]: target });
    return compose(repository);
  };
}

export function rootSays(role: string, members: JsonObject): Change {
  return (repository) =>
    compose(repository, {
      role: 'root',
      signed: (signed) => {
        const roles = signed.roles as Record<string, JsonObject>;
        return { ...signed, roles: { ...roles, [role]: { ...roles[role], ...members } } };
      },
    });
}

export function oneKeyTwice(repository: TufRepository): Files {
  const twice = [targetsKey, { ...targetsKey, keyId: 'the same' }];
  repository.top.targets = { signers: twice, threshold: 2 };
  return compose(repository);
}

/** The signer is made when its case is run. */
export function signedBy(make: () => TufSigner): Change {
  return (repository) => {
    repository.top.targets = { signers: [make()], threshold: 1 };
    return compose(repository);
  };
}

/** The root lists one more key, which signs for nobody. */
export function alsoListed(keyval: JsonObject): Change {
  const more = { keytype: 'ed25519', keyval, scheme: 'ed25519' };
  return (repository) =>
    compose(repository, {
      role: 'root',
      signed: (signed) => ({ ...signed, keys: { ...(signed.keys as JsonObject), more } }),
    });
}

/** The snapshot says these digests of `targets`, and no others. */
export function withDigest(digestsOf: (file: Uint8Array) => JsonObject): Change {
  return (repository) => {
    const file = compose(repository).get('1.targets.json') ?? new Uint8Array();
    const meta = { 'targets.json': { version: 1, hashes: digestsOf(file) } };
    // Signing once more would give ECDSA signatures that are others.
    const files = compose(repository, { role: 'snapshot', signed: (signed) => ({ ...signed, meta }) });
    return new Map([...files, ['1.targets.json', file]]);
  };
}

export function sha1(file: Uint8Array): JsonObject {
  return { sha1: createHash('sha1').update(file).digest('hex') };
}

export function delegating(
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

export function changingDelegations(change: (delegations: JsonObject) => JsonObject): Change {
  return (repository) => {
    delegating(repository, 'role', ['y'], []);
    return compose(repository, {
      role: 'targets',
      signed: (signed) => ({ ...signed, delegations: change(signed.delegations as JsonObject) }),
    });
  };
}

/** One delegation, which is about another path than the one asked for; with these members. */
export function delegation(members: JsonObject): Change {
  return changingDelegations(({ keys, roles }) => {
    const [role] = roles as [JsonObject];
    return { keys: keys ?? {}, roles: [{ ...role, ...members }] };
  });
}

/** A delegated role with so many key ids, each of a key that is listed. */
export function manyKeys(count: number): Change {
  const keys = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `key ${i}`,
      { keytype: 'other', keyval: { public: `${i}` }, scheme: 'other' },
    ]),
  );
  return changingDelegations(({ roles }) => {
    const [role] = roles as [JsonObject];
    return { keys, roles: [{ ...role, keyids: Object.keys(keys) }] };
  });
}

export function pathless(repository: TufRepository): Files {
  return changingDelegations(({ keys, roles }) => {
    const [role] = roles as [JsonObject];
    return {
      keys: keys ?? {},
      roles: [{ ...Object.fromEntries(Object.entries(role).filter(([name]) => name !== 'paths')) }],
    };
  })(repository);
}

export function succinct(repository: TufRepository): Files {
  const bins = { keyids: [roleKey.keyId], threshold: 1, bit_length: 1, name_prefix: 'bin' };
  return changingDelegations(({ keys }) => ({ keys: keys ?? {}, succinct_roles: bins }))(repository);
}

/** The snapshot lists one more file. */
export function snapshotMeta(file: JsonObject): Change {
  return (repository) =>
    compose(repository, {
      role: 'snapshot',
      signed: (signed) => ({
        ...signed,
        meta: { ...(signed.meta as JsonObject), 'nobody-asks.json': file },
      }),
    });
}

export function timestampMeta(repository: TufRepository): Files {
  return compose(repository, {
    role: 'timestamp',
    signed: (signed) => ({
      ...signed,
      meta: { ...(signed.meta as JsonObject), 'more.json': { version: 1 } },
    }),
  });
}

/** In an order that is not that of their numbers. */
export function numbered(repository: TufRepository): Files {
  delegating(repository, '2', ['a'], ['a']);
  delegating(repository, '1', ['a'], ['a']);
  return compose(repository);
}

export function inherited(repository: TufRepository): Files {
  delegating(repository, 'constructor', ['a'], ['a']);
  return compose(repository);
}
