import type { Revocation } from '@appwarrant/verifier/formats';
import { secondsOf } from '@appwarrant/verifier/formats';
import { describe, expect, test } from 'vitest';
import { applyRequest, OFFLINE_LIFETIME } from '../src/apply-request.ts';
import { readRoot } from '../src/compose-root.ts';
import { readTargets } from '../src/compose-targets.ts';
import { composeNewRepository } from '../src/create-repository.ts';
import { DEFAULT_CEILINGS } from '../src/development.ts';
import type { Repository } from '../src/repository.ts';
import type { CeremonyRequest, Change } from '../src/request.ts';
import { approver, creation, freshKey, MADE, requestFor, rosterOf } from './table.ts';

const REGISTRY = '12'.repeat(32);
const now = secondsOf(MADE) + 3600;
const dates = { now, expires: '2031-01-01T00:00:00Z' };
const alice = approver('a', 'Alice');
const bob = approver('b', 'Bob');
const mallory = approver('m', 'Mallory');

function registryWith(change: Partial<Repository['targets']> = {}): Repository {
  const ring = () => ({ keys: [freshKey()], threshold: 1 });
  const { root, targets } = composeNewRepository(creation(), { root: ring(), targets: ring() }, dates);
  return {
    registry: REGISTRY,
    root: readRoot(root),
    targets: { ...readTargets(targets, 'production'), roster: rosterOf(alice, bob), ...change },
  };
}

const held = registryWith();

function apply(change: Change, more: Partial<CeremonyRequest> = {}, repository = held) {
  const drafts = applyRequest(repository, requestFor(REGISTRY, change, more), dates);
  return {
    root: drafts.root === null ? null : readRoot(drafts.root),
    targets: drafts.targets === null ? null : readTargets(drafts.targets, 'production'),
  };
}

const refused = (code: string) => expect.objectContaining({ name: 'KeysError', code });

describe('a request changes what it names and nothing else', () => {
  test('a roster', () => {
    const roster = rosterOf(alice, bob, mallory);
    const { root, targets } = apply({ kind: 'roster', roster });
    expect(root).toBeNull();
    expect(targets).toEqual({ ...held.targets, version: 2, expires: dates.expires, roster });
  });

  test('packages, of which the request says all', () => {
    const one = { path: 'packages/acme-verifier-1.0.0.tgz', length: 9, digest: 'cd'.repeat(32) };
    const two = { path: 'packages/acme-verifier-1.1.0.tgz', length: 10, digest: 'ef'.repeat(32) };
    const withOne = registryWith({ packages: [one] });
    expect(apply({ kind: 'packages', packages: [one, two] }, {}, withOne).targets?.packages).toEqual([
      one,
      two,
    ]);
    expect(apply({ kind: 'packages', packages: [two] }, {}, withOne).targets?.packages).toEqual([two]);
  });

  test('ceilings', () => {
    const ceilings = { ...DEFAULT_CEILINGS, grace: 0 };
    expect(apply({ kind: 'ceilings', ceilings }).targets?.ceilings).toEqual(ceilings);
  });

  test('online keys: of snapshot and timestamp in root, of the registry in targets', () => {
    const [registry, snapshot] = [freshKey(), freshKey()];
    const both = apply({ kind: 'online-keys', keys: { registry, snapshot } });
    expect(both.root?.roles.snapshot).toEqual({ keys: [snapshot], threshold: 1 });
    expect(both.root?.roles.timestamp).toEqual(held.root.roles.timestamp);
    expect(both.root?.version).toBe(2);
    expect(both.targets?.registry).toEqual({ keys: [registry], threshold: 1 });
    expect(apply({ kind: 'online-keys', keys: { snapshot } }).targets).toBeNull();
    expect(apply({ kind: 'online-keys', keys: { registry } }).root).toBeNull();
  });

  test('a renewal: the end alone', () => {
    expect(apply({ kind: 'renewal' }).targets).toEqual({
      ...held.targets,
      version: 2,
      expires: dates.expires,
    });
  });
});

describe('revocations', () => {
  const subject = { kind: 'partner', partner: `p-${'a'.repeat(26)}` } as const;
  const early: Revocation = { subject, through: '2026-01-01T00:00:00Z' };
  const late: Revocation = { subject, through: '2026-06-01T00:00:00Z' };
  const other: Revocation = {
    subject: { kind: 'statement', digest: 'ab'.repeat(32) },
    through: '2026-03-01T00:00:00Z',
  };

  test('are copied into targets by every ceremony, and none is ever dropped or shortened', () => {
    const revoked = registryWith({ revocations: [late] });
    const { targets } = apply(
      { kind: 'roster', roster: rosterOf(alice, bob, mallory) },
      { revocations: [early, other] },
      revoked,
    );
    expect(targets?.revocations).toEqual([late, other]);
    expect(apply({ kind: 'revocations' }, { revocations: [late] }).targets?.revocations).toEqual([late]);
  });

  test('do not reach beyond the moment in which the request was made', () => {
    const future = { subject, through: '2026-11-01T12:00:01Z' };
    expect(() => apply({ kind: 'revocations' }, { revocations: [future] })).toThrow(
      refused('revocation_in_future'),
    );
  });
});

describe('a request is refused', () => {
  test('that has no effect', () => {
    expect(() => apply({ kind: 'roster', roster: held.targets.roster })).toThrow(
      refused('request_without_effect'),
    );
    expect(() => apply({ kind: 'revocations' })).toThrow(refused('request_without_effect'));
    const { keys } = held.root.roles.snapshot;
    expect(() => apply({ kind: 'online-keys', keys: { snapshot: keys[0]! } })).toThrow(
      refused('request_without_effect'),
    );
  });

  test('that gives an online role the key of another', () => {
    const timestamp = held.root.roles.targets.keys[0]!;
    expect(() => apply({ kind: 'online-keys', keys: { timestamp } })).toThrow(refused('key_repeated'));
    const registry = held.root.roles.timestamp.keys[0]!;
    expect(() => apply({ kind: 'online-keys', keys: { registry } })).toThrow(refused('key_repeated'));
  });

  test('where the clock of this machine is behind what was signed', () => {
    const behind = { ...dates, now: now - 3 * 86_400 };
    expect(() => applyRequest(held, requestFor(REGISTRY, { kind: 'renewal' }), behind)).toThrow(
      refused('clock_wrong'),
    );
  });

  test.each([
    ['in the past', '2020-01-01T00:00:00Z'],
    ['after more than ten years', '2037-01-01T00:00:00Z'],
  ])('whose answer would end %s', (_, expires) => {
    expect(() => applyRequest(held, requestFor(REGISTRY, { kind: 'renewal' }), { now, expires })).toThrow(
      refused('expiry_invalid'),
    );
    expect(OFFLINE_LIFETIME).toBeLessThan(10 * 365 * 86_400);
  });
});

describe('a roster succeeds another', () => {
  const change = (roster: Repository['targets']['roster'], repository = held) =>
    apply({ kind: 'roster', roster }, {}, repository);

  test('with origins added, not replaced, and the RP ID for ever', () => {
    const more = {
      ...rosterOf(alice, bob),
      origins: ['https://approve.acme.test', 'https://approve.acme.test:8443'],
    };
    expect(change(more).targets?.roster.origins).toHaveLength(2);
    const moved = { ...rosterOf(alice, bob), origins: ['https://approve.acme.test:8443'] };
    expect(() => change(moved)).toThrow(refused('origins_fixed'));
    const other = { ...rosterOf(alice, bob), rpId: 'evil.test', origins: ['https://evil.test'] };
    expect(() => change(other)).toThrow(refused('origins_fixed'));
  });

  test('with people retired, not forgotten', () => {
    const retired = { ...bob, status: { kind: 'retired', at: MADE } } as const;
    expect(change(rosterOf(alice, retired)).targets?.roster.approvers[1]).toEqual(retired);
    expect(() => change(rosterOf(alice))).toThrow(refused('approver_forgotten'));
  });

  test('with nobody given the key of another', () => {
    const thief = { ...mallory, keys: [{ ...bob.keys[0]!, id: 'bmV3' }] };
    const bobAnew = { ...bob, keys: mallory.keys };
    expect(() => change(rosterOf(alice, bobAnew, thief))).toThrow(refused('approver_key_moved'));
  });

  test('with the compromised compromised for ever, and with all their keys, so that none comes back', () => {
    const lost = { ...bob, status: { kind: 'compromised' } } as const;
    const afterwards = registryWith({ roster: rosterOf(alice, lost) });
    expect(() => change(rosterOf(alice, bob), afterwards)).toThrow(refused('approver_compromised'));
    expect(() => change(rosterOf(alice, { ...lost, keys: mallory.keys }))).toThrow(
      refused('approver_compromised'),
    );
  });
});
