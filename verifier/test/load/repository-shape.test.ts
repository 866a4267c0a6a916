import { describe, expect, test } from 'vitest';
import { timeOf, type JsonObject, type JsonValue } from '../../src/formats.ts';
import {
  registryDelegation,
  registryOf,
  requireEnvironment,
  requireExactSnapshot,
  requireLeaf,
  signedAtOf,
  targetsPolicyOf,
} from '../../src/shape.ts';
import type { Delegation, Root, Snapshot, Targets, Timestamp } from '../../src/tuf/roles.ts';
import type { Trusted } from '../../src/tuf/trusted-set.ts';
import { refusal, tellStory } from '../compose/story.ts';
import { makeId, newYear, rosterOf } from '../compose/vendor.ts';

// The one shape of a repository (SPEC §2), each rule alone: what TUF would allow beyond it, signed by whoever may sign it.

const { vendor } = tellStory();
const signedAt = timeOf(newYear);
const [partner, customer] = [makeId('p'), makeId('c')];

/** What has been verified, as far as shapes look at it. */
const trusted = <Body>(signed: JsonObject, body: object = {}): Trusted<Body> =>
  ({ document: { signed }, body }) as unknown as Trusted<Body>;
const own = (members: object): JsonObject => ({ 'x-appwarrant': members as JsonObject });
const delegation = (
  name: string,
  paths: readonly string[] | undefined,
  changes: object = {},
): Delegation => ({
  name,
  terminating: true,
  paths,
  pathHashPrefixes: paths === undefined ? ['ab'] : undefined,
  keys: new Map(),
  threshold: 1,
  ...changes,
});
const refused = (act: () => unknown): void => {
  refusal('bundle_shape', act);
};

describe('Root', () => {
  const roles = { root: {}, snapshot: {}, targets: {}, timestamp: {} };
  const root = (changes: object = {}, said: object = { environment: 'production', signedAt }) =>
    trusted<Root>({ consistent_snapshot: true, roles, ...own(said), ...changes }).document;

  test('says its environment and when it was signed, and has four roles', () => {
    const policy = { environment: 'production', signedAt: newYear };
    expect(requireEnvironment(root(), 'production')).toEqual(policy);
    refusal('root_environment', () => requireEnvironment(root(), 'development'));
    for (const document of [
      root({ consistent_snapshot: false }),
      root({ consistent_snapshot: 'true' }),
      root({ roles: { ...roles, mirrors: {} } }),
      root({ roles: { root: {}, snapshot: {}, targets: {} } }),
      root({}, { environment: 'test', signedAt }),
      root({}, { environment: 'production' }),
      root({}, { environment: 'production', signedAt, more: 1 }),
      root({}, { environment: 'production', signedAt: '2030-01-01' }),
      root({}, { environment: 'production', signedAt: newYear }),
      root({}, { environment: 'production', signedAt: [signedAt] }),
      trusted<Root>({ consistent_snapshot: true, roles }).document,
    ])
      refused(() => requireEnvironment(document, 'production'));
  });
});

describe('A timestamp', () => {
  test('says when it was signed, and the head of the audit', () => {
    const said = { auditHead: 'ab'.repeat(32), signedAt };
    const timestamp = (changes: object, meta: JsonValue = { 'snapshot.json': {} }) =>
      trusted<Timestamp>({ meta, ...own({ ...said, ...changes }) });
    expect(signedAtOf(timestamp({}))).toBe(newYear);
    for (const changes of [
      { auditHead: 'ab' },
      { auditHead: null },
      { auditHead: 'AB'.repeat(32) },
      { signedAt: 'now' },
      { signedAt: [signedAt] },
      { more: 1 },
    ])
      refused(() => signedAtOf(timestamp(changes)));
    refused(() => signedAtOf(timestamp({}, { 'snapshot.json': {}, 'root.json': {} })));
    refused(() => signedAtOf(timestamp({}, {})));
  });
});

describe('Targets', () => {
  const roster = rosterOf(vendor) as unknown as JsonObject;
  const policy = { roster, ceilings: vendor.ceilings, revocations: [] };
  const targets = (paths: readonly string[], said: object = policy) =>
    trusted<Targets>(own(said), { targets: Object.fromEntries(paths.map((path) => [path, {}])) });

  test('lists packages of the verifier, and says who approves', () => {
    const paths = ['packages/a', 'packages/A-verifier-1.0.0.tgz', `packages/${'a'.repeat(128)}`];
    expect(targetsPolicyOf(targets(paths), 'production').ceilings).toEqual(vendor.ceilings);
    for (const path of [
      'packages/',
      'x/packages/a',
      'packages/a/b',
      'packages/.a',
      'packages/a\n',
      `packages/${'a'.repeat(129)}`,
      'package/a',
      '',
    ])
      refused(() => targetsPolicyOf(targets(['packages/a', path]), 'production'));
    refused(() => targetsPolicyOf(targets([], { ...policy, more: 1 }), 'production'));
    refusal('revocation_malformed', () =>
      targetsPolicyOf(targets([], { ...policy, revocations: null }), 'production'),
    );
  });

  test('delegate to registry alone, for all partners and customers, and ends the search there', () => {
    const paths = ['c-*/*/*', 'p-*/*/*'];
    const registry = delegation('registry', paths);
    const read = (...delegations: readonly Delegation[]) =>
      registryDelegation(trusted<Targets>({}, { delegations }));
    expect(read(registry)).toBe(registry);
    expect(read(delegation('registry', paths.toReversed())).name).toBe('registry');
    for (const list of [
      [],
      [delegation('other', paths)],
      [registry, delegation('other', paths)],
      [delegation('registry', paths, { terminating: false })],
      [delegation('registry', undefined)],
      [delegation('registry', [])],
      [delegation('registry', ['c-*/*/*'])],
      [delegation('registry', ['c-*/*/*', '*'])],
      [delegation('registry', ['*', 'p-*/*/*'])],
      [delegation('registry', [...paths, 'x'])],
    ])
      refused(() => read(...list));
  });
});

describe('Registry', () => {
  const read = (
    delegations: readonly Delegation[],
    targets: object = {},
    said: object = { revocations: [] },
  ) => registryOf(trusted<Targets>(own(said), { targets, delegations }));
  const ofPartner = (name: string) => delegation(name, [`${name}/*/*`]);
  const ofCustomer = (name: string) => delegation(name, [`${name}/grant/*`, `${name}/licence/*`]);

  test('delegates to partners and customers what is theirs, and has no targets of its own', () => {
    const delegations = [ofPartner(partner), ofPartner(`${partner}-2`), ofCustomer(customer)];
    expect([...read(delegations).roles.keys()]).toEqual([partner, `${partner}-2`, customer]);
    for (const list of [
      [ofPartner('x')],
      [ofCustomer('x')],
      [ofCustomer(partner)],
      [ofPartner(customer)],
      [delegation(partner, ['*/*/*'])],
      [delegation(partner, undefined)],
      [delegation(partner, [`${makeId('p')}/*/*`])],
      [delegation(customer, [`${customer}/grant/*`, `${customer}/x/*`])],
      [delegation(customer, [`${customer}/x/*`, `${customer}/licence/*`])],
      [delegation(customer, [`${customer}/licence/*`])],
      [{ ...ofPartner(partner), terminating: false }],
    ])
      refused(() => read(list));
    refused(() => read(delegations, { 'a/b/c': {} }));
    refused(() => read(delegations, {}, {}));
    refusal('revocation_malformed', () => read(delegations, {}, { revocations: {} }));
  });

  test('is where delegations end', () => {
    expect(() => requireLeaf(partner, trusted<Targets>({}, { delegations: [] }))).not.toThrow();
    refused(() => requireLeaf(partner, trusted<Targets>({}, { delegations: [ofPartner(partner)] })));
  });
});

describe('A snapshot', () => {
  test('lists every role, and nothing else', () => {
    const require = (...names: readonly string[]): void =>
      requireExactSnapshot(
        trusted<Snapshot>({}, { meta: new Map(names.map((name) => [`${name}.json`, {}])) }),
        new Map([
          [partner, {}],
          [customer, {}],
        ]),
      );
    const all = ['targets', 'registry', partner, customer];
    expect(() => require(...all)).not.toThrow();
    for (const name of all) {
      const others = all.filter((each) => each !== name);
      refused(() => require(...others));
      refused(() => require(...others, 'other'));
      refused(() => require(...all, 'other'));
    }
  });
});
