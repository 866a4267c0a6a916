import type { JsonObject } from '../../src/formats.ts';
import { pool, type Tampering } from './tuf-repository.ts';

/** What attackers do to one role's file. Some hold the role's keys, some only the wire; not all are to be refused. */
export const attacks: Readonly<Record<string, (role: string, earlier: Uint8Array | undefined) => Tampering>> =
  {
    'has no signature': (role) => ({ role, signers: () => [] }),
    'is signed by a stranger': (role) => ({ role, signers: () => [stranger] }),
    'is signed by a stranger under the name of its key': (role) => ({
      role,
      signers: (signers) => signers.map(({ keyId }) => ({ ...stranger, keyId })),
    }),
    'is signed by a stranger as well': (role) => ({ role, signers: (signers) => [...signers, stranger] }),
    'is signed by one too few': (role) => ({
      role,
      signers: (signers, { threshold }) => signers.slice(0, threshold - 1),
    }),
    'is signed by one key alone': (role) => ({ role, signers: (signers) => signers.slice(0, 1) }),
    'bears one signature twice': (role) => ({
      role,
      signers: (signers) => [...signers, ...signers.slice(0, 1)],
    }),
    'bears a broken signature': (role) => ({
      role,
      signers: (signers) => signers.map((signer) => ({ ...signer, sign: () => new Uint8Array(64) })),
    }),
    'has expired': (role) => says(role, { expires: '2029-12-31T23:59:59Z' }),
    'has the version before': (role) => counts(role, -1),
    'has the version after': (role) => counts(role, 1),
    'has a far version': (role) => counts(role, 1_000_000),
    'is of another type': (role) => says(role, { _type: role === 'snapshot' ? 'targets' : 'snapshot' }),
    'is of another major version': (role) => says(role, { spec_version: '2.0.0' }),
    'says more': (role) => says(role, { 'x-more': { a: [1, null, 'ü', { b: false }] } }),
    'was changed after it was signed': (role) => ({
      role,
      bytes: (bytes) => Buffer.from(Buffer.from(bytes).toString().replace('T', 't')),
    }),
    'was given another expiry after it was signed': (role) => ({
      role,
      bytes: (bytes) => Buffer.from(Buffer.from(bytes).toString().replace('"expires":"20', '"expires":"21')),
    }),
    'was torn': (role) => ({ role, bytes: (bytes) => bytes.subarray(0, bytes.length / 2) }),
    'is empty': (role) => ({ role, bytes: () => new Uint8Array() }),
    'is longer by a blank': (role) => ({ role, bytes: (bytes) => Buffer.concat([bytes, Buffer.from(' ')]) }),
    'is missing': (role) => ({ role, bytes: () => undefined }),
    'is an earlier one': (role, earlier) => ({ role, bytes: (bytes) => earlier ?? bytes }),
    'lists nothing': (role) => ({ role, signed: listing(() => []) }),
    'lists older versions': (role) => ({ role, signed: listing(eachFile((file) => older(file, 1))) }),
    'lists newer versions': (role) => ({ role, signed: listing(eachFile((file) => older(file, -1))) }),
    'lists other lengths': (role) => ({
      role,
      signed: listing(eachFile((file) => ({ ...file, length: 1 }))),
    }),
    'lists other digests': (role) => ({
      role,
      signed: listing(eachFile((file) => ({ ...file, hashes: { sha256: '0'.repeat(64) } }))),
    }),
    'lists no digests': (role) => ({
      role,
      signed: listing(eachFile(({ version }) => ({ version }) as JsonObject)),
    }),
    'delegates to a top-level role': (role) => ({
      role,
      signed: delegating((roles) => roles.map((to, i) => (i === 0 ? { ...to, name: 'timestamp' } : to))),
    }),
    'delegates to one role twice': (role) => ({ role, signed: delegating((roles) => [...roles, ...roles]) }),
    'delegates to itself': (role) => ({
      role,
      signed: delegating((roles) => [...roles.map((to) => ({ ...to, name: role })), ...roles]),
    }),
    'delegates with no threshold': (role) => ({ role, signed: delegating(each({ threshold: 0 })) }),
    'delegates with a higher threshold': (role) => ({ role, signed: delegating(each({ threshold: 3 })) }),
    'delegates all paths': (role) => ({ role, signed: delegating(each({ paths: ['*', '*/*', '*/*/*'] })) }),
    'delegates no paths': (role) => ({ role, signed: delegating(each({ paths: [] })) }),
    'delegates to a role that is not there': (role) => ({
      role,
      signed: delegating((roles) => roles.map((to) => ({ ...to, name: 'nobody' }))),
    }),
    'delegates in another order': (role) => ({ role, signed: delegating((roles) => [...roles].reverse()) }),
    'delegates by digests': (role) => ({
      role,
      signed: delegating((roles) =>
        roles.map((to) => ({ ...without(to, 'paths'), path_hash_prefixes: ['2d', '0', '0123456789abcdef'] })),
      ),
    }),
  };

const [stranger] = pool.slice(-1) as [(typeof pool)[number]];

function says(role: string, members: JsonObject): Tampering {
  return { role, signed: (signed) => ({ ...signed, ...members }) };
}

function counts(role: string, by: number): Tampering {
  return { role, signed: (signed) => ({ ...signed, version: Number(signed.version) + by }) };
}

type Named = [name: string, file: JsonObject];

/** Changes what a timestamp or snapshot lists; leaves other roles as they are. */
function listing(change: (files: Named[]) => Named[]): (signed: JsonObject) => JsonObject {
  return (signed) =>
    signed.meta === undefined
      ? signed
      : { ...signed, meta: Object.fromEntries(change(Object.entries(signed.meta as JsonObject) as Named[])) };
}

function eachFile(change: (file: JsonObject) => JsonObject): (files: Named[]) => Named[] {
  return (files) => files.map(([name, file]) => [name, change(file)]);
}

/** By version alone: about digests of held files see SPEC §13. */
function older({ version }: JsonObject, by: number): JsonObject {
  return { version: Math.max(1, Number(version) - by) };
}

/** Changes what a targets role delegates; leaves other roles as they are. */
function delegating(
  change: (roles: readonly JsonObject[]) => readonly JsonObject[],
): (signed: JsonObject) => JsonObject {
  return (signed) => {
    if (signed.delegations === undefined) return signed;
    const delegations = signed.delegations as JsonObject;
    return { ...signed, delegations: { ...delegations, roles: change(delegations.roles as JsonObject[]) } };
  };
}

function each(members: JsonObject): (roles: readonly JsonObject[]) => readonly JsonObject[] {
  return (roles) => roles.map((role) => ({ ...role, ...members }));
}

function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([member]) => member !== name));
}
