import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { activate } from '../../src/deployment-key.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { packBundle } from '../compose/pack.ts';
import {
  addForCustomer,
  approve,
  bundleFiles,
  licenseCustom,
  makeId,
  publish,
  signRoot,
} from '../compose/vendor.ts';
import { makeSite, nextBundle, standing, start, temporaryFolder, type Site } from '../state/site.ts';
import { refusedTrick, verdict } from './honest.ts';

/** Another server of the same vendor's, of another customer unless it is of `customer`; licensed, with a folder and key of its own. */
function addServer({ vendor, ...site }: Site, customer = makeId('c'), origin = site.origin): Site {
  const folder = temporaryFolder();
  const deployment = activate(folder);
  const deployments = [{ id: deployment, origins: [origin] }];
  approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
  return { ...site, vendor, customer, folder, deployment, origin };
}

/** The site's verifier as it runs, with its first bundle. */
function running(site: Site): Verifier {
  const verifier = start(site);
  verifier.load(nextBundle(site));
  return verifier;
}

describe('The owner', () => {
  test('feeds the bundle of another customer', () => {
    const site = makeSite();
    const other = addServer(site);
    const verifier = running(site);
    site.vendor.now += 1;
    const publication = publish(site.vendor);
    const [ours, theirs] = [site, other].map(({ customer }) => bundleFiles(customer, publication));
    const theirRole = theirs?.find(([name]) => name.includes('.c-'));
    const ourRole = ours?.find(([name]) => name.includes('.c-'));
    if (ours === undefined || theirs === undefined || theirRole === undefined || ourRole === undefined)
      throw new Error('no customer role');
    const pack = (customer: string, files: Iterable<readonly [string, Uint8Array]>) =>
      packBundle(customer, site.vendor.registry, files);
    const attacks: readonly (readonly [ReasonCode, Uint8Array])[] = [
      ['license_other_deployment', pack(other.customer, theirs)],
      // Under our name, with our name in it, and beside ours.
      ['bundle_shape', pack(site.customer, theirs)],
      [
        'metadata_threshold',
        pack(
          site.customer,
          ours.map((file) =>
            file === ourRole ? ([ourRole[0], forged(theirRole[1], other, site)] as const) : file,
          ),
        ),
      ],
      ['bundle_shape', pack(site.customer, [...ours, theirRole])],
      ['bundle_shape', pack(other.customer, ours)],
    ];
    for (const [code, bytes] of attacks) refusedTrick(code, site, () => verifier.load(bytes));
    expect(verdict(site, verifier)).toBe('app');
    verifier.load(pack(site.customer, ours));
    expect(verdict(site, verifier)).toBe('app');
  });

  test('feeds the bundle of another deployment', () => {
    const site = makeSite();
    const verifier = running(site);
    const { vendor, customer, entry } = site;
    const [first] = vendor.targets;
    // The customer's second server, licensed apart from the first.
    const second = addServer(site, customer, 'https://second.customer.example');
    const licensing = (license = vendor.targets.at(-1)): Uint8Array => {
      const all = vendor.targets;
      vendor.targets = license === undefined ? [entry] : [license, entry];
      const bytes = nextBundle(site);
      vendor.targets = all;
      return bytes;
    };
    const forSecond = licensing();
    refusedTrick('license_other_deployment', site, () => verifier.load(forSecond));
    // Nor does it help to say that this server has the other one's address.
    const renamed = start({ ...site, origin: second.origin });
    refusedTrick('license_other_deployment', site, () => renamed.load(forSecond));
    const forFirst = licensing(first);
    refusedTrick('origin_not_licensed', site, () => renamed.load(forFirst));
    expect(standing(renamed)).toBe('no_bundle');
    verifier.load(forFirst);
    expect(verdict(site, verifier)).toBe('app');
  });

  test('copies the state folder, key included, to a second machine', () => {
    // Both are then one deployment, and nothing at either can tell: the threat model names this limit.
    const site = makeSite();
    const verifier = running(site);
    const copy = { ...site, folder: temporaryFolder() };
    cpSync(site.folder, copy.folder, { recursive: true });
    const cloned = start(copy);
    expect(verdict(copy, cloned)).toBe('app');
    expect(cloned.status().deployment).toBe(verifier.status().deployment);
    // Without the key it is another deployment, for which nothing is licensed.
    rmSync(join(copy.folder, 'deployment-key.pem'));
    activate(copy.folder);
    const keyless = start(copy);
    expect(standing(keyless)).toBe('no_bundle');
    refusedTrick('license_other_deployment', copy, () => keyless.load(nextBundle(site)));
    expect(verdict(site, verifier)).toBe('app');
  });

  test('mixes the members of two bundles', () => {
    const site = makeSite();
    const { vendor, customer, entry } = site;
    signRoot(vendor);
    const verifier = start(site);
    const held = bundleFiles(customer, publish(vendor));
    verifier.load(packBundle(customer, vendor.registry, held));
    vendor.now += 1;
    vendor.roots.pop();
    // A second root of the same version, as only the holders of its keys could make it; everything else is honest.
    const signers = vendor.signers.root;
    signRoot(vendor, signers);
    const [otherRoot] = vendor.roots.splice(1, 1, held[1]?.[1] as Uint8Array);
    const next = bundleFiles(customer, publish(vendor));
    const roleOf = ([name]: readonly [string, Uint8Array]): string => name.replace(/^[0-9]+\.|\.json$/g, '');
    const roles = ['timestamp', 'snapshot', 'targets', 'registry', customer, entry.role];
    expect(new Set(next.map(roleOf))).toEqual(new Set(['root', ...roles]));

    /** `base` with one role's file from `from`: under the name that it has there, or under the one that is expected. */
    const mixed = (base: typeof next, from: typeof next, role: string, renamed: boolean) => {
      const file = from.find((each) => roleOf(each) === role);
      if (file === undefined) throw new Error(role);
      const files = base.map((each): [string, Uint8Array] =>
        roleOf(each) === role ? [renamed ? each[0] : file[0], file[1]] : each,
      );
      return packBundle(customer, vendor.registry, files);
    };
    const expected: Readonly<Record<string, readonly [ReasonCode, ReasonCode, ReasonCode, ReasonCode]>> = {
      // The older file in the newer bundle, then the newer in the older: each under its own name, then under the other's.
      timestamp: ['bundle_shape', 'bundle_shape', 'bundle_shape', 'bundle_shape'],
      snapshot: ['bundle_shape', 'metadata_version', 'bundle_shape', 'metadata_version'],
      targets: ['bundle_shape', 'metadata_version', 'bundle_shape', 'metadata_version'],
      registry: ['bundle_shape', 'metadata_version', 'bundle_shape', 'metadata_version'],
      [customer]: ['bundle_shape', 'metadata_version', 'bundle_shape', 'metadata_version'],
      [entry.role]: ['bundle_shape', 'metadata_version', 'bundle_shape', 'metadata_version'],
    };
    for (const role of roles) {
      const codes = expected[role];
      if (codes === undefined) throw new Error(role);
      const attempts = [
        mixed(next, held, role, false),
        mixed(next, held, role, true),
        mixed(held, next, role, false),
        mixed(held, next, role, true),
      ];
      for (const [i, bytes] of attempts.entries())
        refusedTrick(codes[i] as ReasonCode, site, () => verifier.load(bytes));
    }
    const withOtherRoot = next.map(([name, bytes]): [string, Uint8Array] => [
      name,
      name === '2.root.json' ? (otherRoot as Uint8Array) : bytes,
    ]);
    refusedTrick('equivocation', site, () =>
      verifier.load(packBundle(customer, vendor.registry, withOtherRoot)),
    );
    refusedTrick('bundle_shape', site, () => verifier.load(packBundle(makeId('c'), vendor.registry, next)));
    refusedTrick('wrong_registry', site, () => verifier.load(packBundle(customer, 'ab'.repeat(32), next)));
    expect(verdict(site, verifier)).toBe('app');
    verifier.load(packBundle(customer, vendor.registry, next));
    expect(verdict(site, verifier)).toBe('app');
  });
});

/** Another customer's role with our name wherever theirs stood: its signature is over something else. */
function forged(bytes: Uint8Array, { customer }: Site, { customer: ours }: Site): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString().replaceAll(customer, ours));
}
