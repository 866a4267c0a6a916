import { timeOf, type Anchor } from '../src/formats.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  bundleOf,
  createVendor,
  entryCustom,
} from '../test/compose/vendor.ts';
import { licenseCustom, makeAppKey, makeId, publish, type TestTarget } from '../test/compose/vendor.ts';

export type Bundles = {
  readonly anchor: Anchor;
  readonly first: Uint8Array;
  /** One build more than the first, and all other files the same. */
  readonly second: Uint8Array;
  readonly now: number;
};

export const deployment = 'benchmark'.padEnd(42, '-') + 'A';

/** Bundles with that many builds of partners with up to 250 each, approved by two people in lists of forty. */
export function makeBundles(builds: number): Bundles {
  const vendor = createVendor();
  const customer = makeId('c');
  approve(vendor, [addForCustomer(vendor, licenseCustom(vendor, customer, deployment))]);
  let list: TestTarget[] = [];
  let partner = { id: '', name: '' };
  for (let i = 0; i < builds; i += 1) {
    if (i % 250 === 0) partner = { id: makeId('p'), name: `Partner ${i / 250}` };
    const app = { id: `app-${i % 10}`, name: `App ${i % 10}` };
    list.push(addEntry(vendor, entryCustom(vendor, makeAppKey(), { partner, app })));
    if (list.length === 40 || i === builds - 1) {
      approve(vendor, list);
      list = [];
    }
  }
  const before = publish(vendor);
  const first = bundleOf(vendor, customer, before);
  vendor.now += 60;
  approve(vendor, [
    addEntry(
      vendor,
      entryCustom(vendor, makeAppKey(), {
        partner,
        issued: timeOf(vendor.now),
        validFrom: timeOf(vendor.now),
      }),
    ),
  ]);
  const after = publish(vendor, undefined, { publication: before, changed: new Set([partner.id]) });
  return { anchor: anchorOf(vendor), first, second: bundleOf(vendor, customer, after), now: vendor.now };
}
