import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  addEntry,
  addForCustomer,
  approve,
  bundleOf,
  createVendor,
  entryCustom,
  licenseCustom,
  makeAppKey,
  makeId,
  publish,
  type AppKey,
  type Vendor,
} from '../compose/vendor.ts';
import { installPacked } from '../state/installed-package.ts';
import { temporaryFolder } from '../state/site.ts';

/** What the vendor has made before anybody asks him: his package, and an approved build of a partner's. */
export type Prepared = { readonly vendor: Vendor; readonly key: AppKey };

export function prepare(): Prepared {
  const vendor = createVendor({ now: Math.floor(Date.now() / 1000) - 10 });
  const key = makeAppKey();
  approve(vendor, [addEntry(vendor, entryCustom(vendor, key))]);
  return { vendor, key };
}

/** The vendor's tarball, as npm packs it, in a folder that exists. `version` as the portal counts them. */
export function packFor(vendor: Vendor, into: string): string {
  const home = temporaryFolder();
  installPacked(vendor, home);
  const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', into];
  const cwd = join(home, 'node_modules', 'acme-verifier');
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** What the vendor sends back for a deployment id: a licence, approved and published, in a bundle. */
export function bundleFor({ vendor }: Prepared, deployment: string, origin: string): Uint8Array {
  const customer = makeId('c');
  const deployments = [{ id: deployment, origins: [origin] }];
  approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
  vendor.now += 1;
  return bundleOf(vendor, customer, publish(vendor));
}
