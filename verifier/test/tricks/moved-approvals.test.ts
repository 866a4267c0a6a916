import { describe, expect, test } from 'vitest';
import { type JsonObject } from '../../src/formats.ts';
import {
  addEntry,
  addForCustomer,
  approve,
  createVendor,
  day,
  entryCustom,
  grantCustom,
  licenseCustom,
  makeAppKey,
  makeDigest,
  makeId,
  type TestTarget,
} from '../compose/vendor.ts';
import { nextBundle } from '../state/site.ts';
import { expectGoesOn, refusedTrick, verdict } from './honest.ts';
import { approved, expectNotAdmitted, moved, running, verdictOf } from './taken-portal.ts';

describe('The thief', () => {
  test('moves approvals to another path', () => {
    const { site, verifier } = running();
    const { key, entry } = approved(site);
    const partner = entry.role;
    const places: readonly (readonly [string, JsonObject, Partial<TestTarget>])[] = [
      ['approvals_missing', { ...entry.custom, app: { id: 'other', name: 'Orders' } }, {}],
      ['approvals_missing', entry.custom, { role: `${partner}-2` }],
      ['statement_misplaced', entry.custom, { path: `${partner}/other/${entry.digest}` }],
      ['statement_misplaced', entry.custom, { path: `${partner}/orders/${makeDigest()}` }],
    ];
    let current = entry;
    for (const [code, custom, place] of places) {
      moved(site, current, custom, place);
      current = site.vendor.targets.at(-1) as TestTarget;
      expectNotAdmitted(key, code, site, verifier);
      moved(site, current, entry.custom, { role: partner, path: entry.path });
      current = site.vendor.targets.at(-1) as TestTarget;
    }
    verifier.load(nextBundle(site));
    expect(verdictOf(key, site, verifier)).toBe('app');
  });

  test('moves approvals to another digest', () => {
    const { site, verifier } = running();
    const { key, entry } = approved(site);
    moved(site, entry, entry.custom, { digest: makeDigest() });
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
    moved(site, site.vendor.targets.at(-1) as TestTarget, entry.custom, { digest: entry.digest, length: 9 });
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
  });

  test('moves approvals to another key', () => {
    const { site, verifier } = running();
    const { entry } = approved(site);
    const own = makeAppKey();
    const identities = [{ kind: 'key', key: own.jwk, use: 'request', holder: 'server' }] as const;
    moved(site, entry, { ...entry.custom, identities });
    expectNotAdmitted(own, 'approvals_missing', site, verifier);
  });

  test('moves approvals to another partner', () => {
    const { site, verifier } = running();
    const { key, entry } = approved(site);
    const partner = { id: makeId('p'), name: 'Example Partner' };
    moved(site, entry, { ...entry.custom, partner }, { role: partner.id });
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
    // In that partner's role, but saying whose it was.
    moved(site, site.vendor.targets.at(-1) as TestTarget, entry.custom, { role: partner.id });
    expectNotAdmitted(key, 'statement_misplaced', site, verifier);
  });

  test('moves approvals to another customer', () => {
    const { site, verifier } = running();
    const { vendor, customer, deployment, origin } = site;
    // An app that is approved for others.
    const { key, entry } = approved(site, { customers: [makeId('c')] });
    expectNotAdmitted(key, 'not_licensed_here', site, verifier);
    moved(site, entry, { ...entry.custom, customers: [customer] });
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
    moved(site, site.vendor.targets.at(-1) as TestTarget, { ...entry.custom, customers: 'all' });
    expectNotAdmitted(key, 'approvals_missing', site, verifier);

    // A licence of others, for everything and for ever: in our place, and in our name.
    const [own] = vendor.targets as [TestTarget, ...TestTarget[]];
    const rest: readonly TestTarget[] = vendor.targets.slice(1);
    const deployments = [{ id: deployment, origins: [origin] }];
    const rich = licenseCustom(vendor, makeId('c'), deployment, { deployments, grace: 600 * day });
    const theirs = addForCustomer(vendor, rich);
    approve(vendor, [theirs]);
    const path = `${customer}/licence/${theirs.digest}`;
    vendor.targets = [{ ...theirs, role: customer, path }, ...rest];
    refusedTrick('license_not_approved', site, () => verifier.load(nextBundle(site)));
    vendor.targets = [...rest];
    const renamed = { ...rich, customer: { id: customer, name: 'Example Customer' } };
    addForCustomer(vendor, renamed).approvals = theirs.approvals;
    refusedTrick('license_not_approved', site, () => verifier.load(nextBundle(site)));
    vendor.targets = [own, ...rest];
    expectGoesOn(site, verifier);
  });

  test('moves approvals to another registry', () => {
    const { site, verifier } = running();
    // The vendor's second registry, or one of another vendor's, with the very same people.
    const { people, rpId, origins, now } = site.vendor;
    const other = createVendor({ people, rpId, origins, now });
    const key = makeAppKey();
    const entry = addEntry(other, entryCustom(other, key));
    approve(other, [entry]);
    site.vendor.targets.push(entry);
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
  });

  test('moves approvals to another environment', () => {
    const { site, verifier } = running();
    const key = makeAppKey();
    const entry = addEntry(site.vendor, entryCustom(site.vendor, key));
    approve({ ...site.vendor, environment: 'development' }, [entry]);
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
  });

  test('moves approvals to another kind', () => {
    const { site, verifier } = running();
    const { vendor, customer, deployment } = site;
    const { entry } = approved(site);
    const [license] = vendor.targets as [TestTarget];
    const unsigned = { method: 'GET', target: '/', headers: [] };
    // An entry's approvals, and the licence's, on a grant that would let everybody in.
    for (const approvals of [
      entry.approvals,
      license.approvals,
      [...license.approvals, ...entry.approvals],
    ]) {
      const grant = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
      grant.approvals = [...approvals];
      verifier.load(nextBundle(site));
      expect(verifier.status().allowlist?.refused).toMatchObject([
        { path: grant.path, code: 'approvals_missing' },
      ]);
      refusedTrick('proof_missing', site, () => verifier.check(unsigned));
      vendor.targets.pop();
    }
    // A grant that people approved in one list with others: they may not have seen it for what it is.
    const hidden = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    approve(vendor, [hidden, addEntry(vendor, entryCustom(vendor, makeAppKey()))]);
    verifier.load(nextBundle(site));
    refusedTrick('proof_missing', site, () => verifier.check(unsigned));
    // The licence's bytes under the path of a grant, and a grant's under that of the licence.
    const path = `${customer}/grant/${license.digest}`;
    vendor.targets.push({ ...license, path });
    verifier.load(nextBundle(site));
    expect(verifier.status().allowlist?.refused).toContainEqual(
      expect.objectContaining({ path, code: 'statement_misplaced' }),
    );
    expect(verdict(site, verifier)).toBe('app');
  });

  test('moves approvals to another deployment', () => {
    const { site, verifier } = running();
    const { vendor, customer, deployment } = site;
    const elsewhere = 'D'.repeat(42) + 'A';
    const unsigned = { method: 'GET', target: '/', headers: [] };
    const grant = addForCustomer(vendor, grantCustom(vendor, customer, elsewhere));
    approve(vendor, [grant]);
    verifier.load(nextBundle(site));
    const refused = () => verifier.status().allowlist?.refused;
    expect(refused()).toMatchObject([{ path: grant.path, code: 'not_licensed_here' }]);
    refusedTrick('proof_missing', site, () => verifier.check(unsigned));
    const here = addForCustomer(vendor, grantCustom(vendor, customer, deployment));
    here.approvals = grant.approvals;
    verifier.load(nextBundle(site));
    expect(refused()).toContainEqual(expect.objectContaining({ path: here.path, code: 'approvals_missing' }));
    refusedTrick('proof_missing', site, () => verifier.check(unsigned));
    expect(verifier.status().allowlist?.grants).toEqual({ monitor: null, breakGlass: null });
    expect(verdict(site, verifier)).toBe('app');
  });
});
