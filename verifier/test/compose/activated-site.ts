import { activate } from '../../src/deployment-key.ts';
import {
  addEntry,
  addForCustomer,
  approve,
  createVendor,
  entryCustom,
  licenseCustom,
  makeAppKey,
  makeId,
  type AppKey,
  type TestTarget,
  type Vendor,
} from './vendor.ts';

/** A vendor and one of its customers' servers, with a state folder on the disk. The vendor's now is this machine's. */
export type Site = {
  readonly vendor: Vendor;
  readonly customer: string;
  readonly folder: string;
  readonly origin: string;
  readonly deployment: string;
  readonly key: AppKey;
  readonly entry: TestTarget;
};

/** Activates a site in this folder, with an approved licence and an approved build; nothing is loaded yet. */
export function activateSite(folder: string, options: Partial<Vendor>, origin: string): Site {
  const vendor = createVendor({ now: Math.floor(Date.now() / 1000) - 10, ...options });
  const deployment = activate(folder);
  const customer = makeId('c');
  const deployments = [{ id: deployment, origins: [origin] }];
  approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }))]);
  const key = makeAppKey();
  const entry = addEntry(vendor, entryCustom(vendor, key));
  approve(vendor, [entry]);
  return { vendor, customer, folder, origin, deployment, key, entry };
}
