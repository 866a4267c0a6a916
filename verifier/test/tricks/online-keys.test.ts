import { describe, expect, test } from 'vitest';
import { timeOf, type JsonObject } from '../../src/formats.ts';
import { makeSigner } from '../compose/tuf-signer.ts';
import {
  addEntry,
  addForCustomer,
  approve,
  bundleOf,
  day,
  entryCustom,
  licenseCustom,
  makeAppKey,
  makeId,
  makePerson,
  publish,
  signRoot,
  type Tamper,
  type TestTarget,
} from '../compose/vendor.ts';
import { makeSite, nextBundle, start, type Site } from '../state/site.ts';
import { expectGoesOn, refusedTrick } from './honest.ts';
import { approved, expectNotAdmitted, moved, running, verdictOf } from './taken-portal.ts';

describe('Whoever has stolen the online keys', () => {
  test('adds an app', () => {
    const { site, verifier } = running();
    const { vendor } = site;
    const added: readonly ((entry: TestTarget) => void)[] = [
      () => undefined,
      (entry) => approve(vendor, [entry], vendor.people.slice(0, 1)),
      (entry) => approve(vendor, [entry], [makePerson('Eve'), makePerson('Mallory')]),
      // People of his own under the names of those who are on the roster.
      (entry) =>
        approve(
          vendor,
          [entry],
          vendor.people.map(({ id, name }) => ({ ...makePerson(name), id })),
        ),
      // Everything that the honest entry was approved with.
      (entry) => void (entry.approvals = [...site.entry.approvals]),
      // Signatures that people gave by signing in to the portal.
      (entry) =>
        approve(vendor, [entry], vendor.people, {
          rpId: 'portal.acme.example',
          origin: 'https://portal.acme.example',
        }),
    ];
    for (const add of added) {
      const key = makeAppKey();
      add(addEntry(vendor, entryCustom(vendor, key)));
      expectNotAdmitted(key, 'approvals_missing', site, verifier);
    }
    expect(verifier.status().allowlist?.builds).toMatchObject({ approved: 1, refused: added.length });
  });

  test('widens what was approved', () => {
    const { site, verifier } = running();
    const { vendor, customer, deployment, origin } = site;
    const late = timeOf(vendor.now + 799 * day);
    const changes: readonly ((custom: JsonObject) => JsonObject)[] = [
      (custom) => ({ ...custom, capabilities: ['admin', 'orders:read', 'orders:write'] }),
      (custom) => ({ ...custom, expires: late }),
      (custom) => ({ ...custom, validFrom: custom.issued as string, customers: [customer] }),
      (custom) => ({ ...custom, build: { ...(custom.build as JsonObject), platform: 'web' } }),
    ];
    for (const change of changes) {
      const { key, entry } = approved(site);
      entry.custom = change(entry.custom);
      expectNotAdmitted(key, 'approvals_missing', site, verifier);
    }
    const [license, ...rest] = vendor.targets as [TestTarget, ...TestTarget[]];
    const longer = [
      { fresh: 60 * day },
      { grace: 60 * day },
      { expires: timeOf(vendor.now + 3000 * day) },
      { deployments: [{ id: deployment, origins: [origin, 'https://second.customer.example'].sort() }] },
    ];
    for (const change of longer) {
      vendor.targets = [...rest];
      const wider = addForCustomer(vendor, {
        ...licenseCustom(vendor, customer, deployment),
        ...(license.custom as object),
        ...change,
      });
      wider.approvals = license.approvals;
      refusedTrick('license_not_approved', site, () => verifier.load(nextBundle(site)));
    }
    vendor.targets = [license, ...rest];
    // Who may approve, how many must, and every ceiling are signed by keys that he does not have.
    const stranger = makeSigner();
    for (const role of ['targets', 'root'] as const) {
      const kept = vendor.signers[role];
      vendor.signers[role] = [stranger];
      if (role === 'root') signRoot(vendor);
      refusedTrick('metadata_threshold', site, () => verifier.load(nextBundle(site)));
      vendor.signers[role] = kept;
      if (role === 'root') vendor.roots.pop();
    }
    expectGoesOn(site, verifier);
  });

  test('brings back what was revoked', () => {
    const { site, verifier } = running();
    const { vendor } = site;
    const { key, entry } = approved(site);
    const subject = { kind: 'artifact', digest: entry.digest } as const;
    vendor.now += 1;
    vendor.revocations = [{ subject, through: timeOf(vendor.now) }];
    verifier.load(nextBundle(site));
    expect(verdictOf(key, site, verifier)).toBe('revoked');
    // With its genuine approvals, in the same place and in others.
    vendor.revocations = [];
    expectNotAdmitted(key, 'revoked', site, verifier);
    // Under a later date it is another statement, which nobody has approved.
    const again = { ...entry.custom, issued: timeOf(vendor.now), validFrom: timeOf(vendor.now) };
    moved(site, entry, again);
    expectNotAdmitted(key, 'approvals_missing', site, verifier);
    moved(site, vendor.targets.at(-1) as TestTarget, entry.custom);

    // A site that has never loaded the revocation takes it for approved, until a ceremony has copied it into `targets`.
    const elsewhere = makeSite({}, site.origin);
    const other: Site = {
      ...site,
      folder: elsewhere.folder,
      deployment: elsewhere.deployment,
      customer: makeId('c'),
    };
    const deployments = [{ id: other.deployment, origins: [site.origin] }];
    approve(vendor, [
      addForCustomer(vendor, licenseCustom(vendor, other.customer, other.deployment, { deployments })),
    ]);
    const second = start(other);
    second.load(nextBundle(other));
    expect(verdictOf(key, other, second)).toBe('app');
    vendor.carriedRevocations = [{ subject, through: timeOf(vendor.now) }];
    expectNotAdmitted(key, 'revoked', other, second);
    expectNotAdmitted(key, 'revoked', site, verifier);
  });

  test('serves an older registry, or an older role, under a new timestamp', () => {
    const { site, verifier } = running();
    const { vendor, customer, entry } = site;
    for (let i = 0; i < 2; i += 1) verifier.load(nextBundle(site));
    for (const role of ['registry', entry.role, customer]) {
      const older: Tamper = (name, signed) => {
        if (name === role) return { ...signed, version: 1 };
        if (name !== 'snapshot') return signed;
        return { ...signed, meta: { ...(signed.meta as JsonObject), [`${role}.json`]: { version: 1 } } };
      };
      vendor.now += 1;
      refusedTrick('rollback', site, () => verifier.load(bundleOf(vendor, customer, publish(vendor, older))));
    }
    expectGoesOn(site, verifier);
  });

  test('shows one site two contents of one version', () => {
    const { site, verifier } = running();
    const { vendor, customer } = site;
    const loaded = new Map(vendor.versions);
    for (const role of ['timestamp', 'snapshot', 'registry', site.entry.role, customer]) {
      vendor.versions = new Map(loaded).set(role, 0);
      vendor.now += 1;
      refusedTrick('equivocation', site, () => verifier.load(bundleOf(vendor, customer, publish(vendor))));
    }
    vendor.versions = new Map(loaded);
    expectGoesOn(site, verifier);
  });
});
