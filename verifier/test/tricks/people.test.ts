import { describe, expect, test } from 'vitest';
import { readFloor, timeOf, type JsonObject } from '../../src/formats.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePasskey } from '../compose/passkey.ts';
import {
  addEntry,
  approve,
  bundleOf,
  day,
  entryCustom,
  makeAppKey,
  makeId,
  makePerson,
  publish,
  type Person,
  type Tamper,
  type TestTarget,
} from '../compose/vendor.ts';
import { nextBundle, start } from '../state/site.ts';
import { expectGoesOn, refusedTrick, signNow } from './honest.ts';
import { approved, expectNotAdmitted, expectRefused, running, verdictOf } from './taken-portal.ts';

describe('The thief', () => {
  test('brings approvals of somebody who was removed, where they are still in memory', () => {
    const { site, verifier } = running();
    const { vendor } = site;
    const { key, entry } = approved(site);
    verifier.load(nextBundle(site));
    // Both are served, so that all signatures are known to be valid, and need not be verified again.
    expect(verdictOf(key, site, verifier)).toBe('app');
    const [ada, ben] = vendor.people as [Person, Person];
    const carl = makePerson('Carl Approver');
    const [license, own] = vendor.targets as [TestTarget, TestTarget];
    vendor.people = [ada, ben, carl];
    approve(vendor, [license], [carl]);
    approve(vendor, [own], [carl]);
    const removed: readonly (() => void)[] = [
      () => (vendor.people = [ada, carl]),
      () => (vendor.people = [ada, { ...ben, status: { kind: 'compromised' } }, carl]),
      () =>
        (vendor.people = [
          ada,
          { ...ben, status: { kind: 'retired', at: timeOf(vendor.now - 5 * day) } },
          carl,
        ]),
      // Another passkey in his name does not bring the old one's signatures back.
      () => (vendor.people = [ada, { ...ben, passkey: makePasskey() }, carl]),
      () => (vendor.thresholds = { entry: 3, licence: 1, grant: 3 }),
    ];
    for (const remove of removed) {
      remove();
      expectNotAdmitted(key, 'approvals_missing', site, verifier);
      vendor.people = [ada, ben, carl];
      vendor.thresholds = { entry: 2, licence: 1, grant: 2 };
      verifier.load(nextBundle(site));
      expect(verdictOf(key, site, verifier)).toBe('app');
    }
    // What is approved anew goes on.
    vendor.people = [ada, carl];
    approve(vendor, [entry], [carl]);
    expectGoesOn(site, verifier);
    expect(verdictOf(key, site, verifier)).toBe('app');
  });

  test('lists one key in the entries of two partners', () => {
    const { site, verifier } = running();
    const { key, entry } = approved(site);
    verifier.load(nextBundle(site));
    expect(verdictOf(key, site, verifier)).toBe('app');
    // The second need not even be approved: he can have both refused, and can have neither taken for the other.
    const partner = { id: makeId('p'), name: 'Other Partner' };
    const second = addEntry(site.vendor, entryCustom(site.vendor, key, { partner, capabilities: ['admin'] }));
    expectNotAdmitted(key, 'key_in_two_apps', site, verifier);
    approve(site.vendor, [second]);
    expectNotAdmitted(key, 'key_in_two_apps', site, verifier);
    site.vendor.targets = site.vendor.targets.filter((target) => target !== second);
    verifier.load(nextBundle(site));
    const admission = verifier.check(signNow({ ...site, key }));
    expect(admission).toMatchObject({ kind: 'app', partner: { id: entry.role } });
  });

  test('has one person approve with two credentials', () => {
    const { site, verifier } = running();
    const { vendor } = site;
    const [ada] = vendor.people as [Person, Person];
    // Ada has a second passkey, as people should: it is on the roster, as hers.
    const spare = makePasskey();
    const withSpare: Tamper = (role, signed) =>
      role === 'targets' ? addKey(signed, ada.id, spare.listed) : signed;
    const key = makeAppKey();
    const entry = addEntry(vendor, entryCustom(vendor, key));
    approve(vendor, [entry], [ada, { ...ada, passkey: spare }, ada]);
    vendor.now += 1;
    verifier.load(bundleOf(vendor, site.customer, publish(vendor, withSpare)));
    expectRefused(key, 'approvals_missing', site, verifier);
    expect(verifier.status().allowlist?.refused[0]?.message).toContain('1');
    // Each of the two counts, for the one person that she is.
    approve(vendor, [entry], [vendor.people[1] as Person]);
    entry.approvals = entry.approvals.slice(1, 2).concat(entry.approvals.slice(-1));
    vendor.now += 1;
    verifier.load(bundleOf(vendor, site.customer, publish(vendor, withSpare)));
    expect(verdictOf(key, site, verifier)).toBe('app');
    // In the name of two people it is on no roster that loads.
    const asBen: Tamper = (role, signed) =>
      role === 'targets' ? addKey(signed, vendor.people[1]?.id ?? '', ada.passkey.listed) : signed;
    vendor.now += 1;
    refusedTrick('roster_malformed', site, () =>
      verifier.load(bundleOf(vendor, site.customer, publish(vendor, asBen))),
    );
    expectGoesOn(site, verifier);
  });

  test('drops revocations from a later registry', () => {
    const { site, verifier } = running();
    const { vendor } = site;
    const { key, entry } = approved(site);
    verifier.load(nextBundle(site));
    expect(verdictOf(key, site, verifier)).toBe('app');
    vendor.now += 1;
    vendor.revocations = [
      { subject: { kind: 'app', partner: entry.role, app: 'orders' }, through: timeOf(vendor.now) },
    ];
    verifier.load(nextBundle(site));
    expect(verdictOf(key, site, verifier)).toBe('revoked');
    vendor.revocations = [];
    for (let loads = 0; loads < 2; loads += 1) expectNotAdmitted(key, 'revoked', site, verifier);
    // Nor when it reaches less far, nor through a restart, nor when the entry was away for a while.
    vendor.revocations = [
      {
        subject: { kind: 'app', partner: entry.role, app: 'orders' },
        through: timeOf(vendor.now - 300 * day),
      },
    ];
    expectNotAdmitted(key, 'revoked', site, verifier);
    vendor.revocations = [];
    const targets = vendor.targets;
    vendor.targets = targets.filter((target) => target !== entry);
    expectNotAdmitted(key, 'app_not_approved', site, verifier);
    vendor.targets = targets;
    expectNotAdmitted(key, 'revoked', site, start(site));
    expect(readFloor(readFileSync(join(site.folder, 'floor.json')))?.revocations.size).toBe(1);
  });
});

/** Gives one person on the roster a further credential. */
function addKey(signed: JsonObject, person: string, key: JsonObject): JsonObject {
  const own = signed['x-appwarrant'] as JsonObject;
  const roster = own.roster as { approvers: { id: string; keys: JsonObject[] }[] } & JsonObject;
  const approvers = roster.approvers.map((each) =>
    each.id === person ? { ...each, keys: [...each.keys, key] } : each,
  );
  return { ...signed, 'x-appwarrant': { ...own, roster: { ...roster, approvers } } };
}
