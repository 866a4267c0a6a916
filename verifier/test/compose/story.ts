import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import {
  openBundle,
  Refused,
  writeFloor,
  type OpenedBundle,
  type OpenOptions,
  type ReasonCode,
} from '../../src/formats.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  bundleOf,
  createVendor,
  day,
  entryCustom,
} from './vendor.ts';
import {
  licenseCustom,
  makeAppKey,
  makeId,
  publish,
  type AppKey,
  type TestTarget,
  type Vendor,
} from './vendor.ts';

/** One vendor with one licensed customer and one approved build: what most rules need. */
export type Story = {
  readonly vendor: Vendor;
  readonly customer: string;
  readonly deployment: string;
  readonly origin: string;
  readonly license: TestTarget;
  readonly key: AppKey;
  readonly entry: TestTarget;
};

export function tellStory(options: Partial<Vendor> = {}): Story {
  const vendor = createVendor(options);
  const customer = makeId('c');
  const deployment = createHash('sha256').update(randomBytes(16)).digest('base64url');
  const origin =
    vendor.environment === 'development' ? 'http://erp.localhost:9000' : 'https://erp.customer.example';
  const deployments = [{ id: deployment, origins: [origin] }];
  const license = addForCustomer(vendor, licenseCustom(vendor, customer, deployment, { deployments }));
  const key = makeAppKey();
  const entry = addEntry(vendor, entryCustom(vendor, key));
  approve(vendor, [license]);
  approve(vendor, [entry]);
  return { vendor, customer, deployment, origin, license, key, entry };
}

/** Publishes now and packs the customer's bundle. */
export function bundleNow({ vendor, customer }: Pick<Story, 'vendor' | 'customer'>): Uint8Array {
  return bundleOf(vendor, customer, publish(vendor));
}

/** Opens a bundle at the story's customer, at the vendor's now. */
export function openAt(story: Story, bytes: Uint8Array, options: Partial<OpenOptions> = {}): OpenedBundle {
  const { vendor, deployment, origin } = story;
  return openBundle(bytes, {
    anchor: anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) }),
    deployment,
    origin,
    held: null,
    floor: null,
    now: vendor.now,
    systemClock: options.now ?? vendor.now,
    ...options,
  });
}

/** A site that has loaded a bundle: what it holds, so that a test sees that a refusal changes none of it. */
export function openedAt(story: Story, options: Partial<OpenOptions> = {}): OpenedBundle {
  return openAt(story, bundleNow(story), options);
}

/** Expects a refusal with exactly this code, and returns it. */
export function refusal(code: ReasonCode, act: () => unknown): Refused {
  let thrown: unknown;
  try {
    act();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Refused);
  const refused = thrown as Refused;
  expect(refused.code, refused.message).toBe(code);
  return refused;
}

/** Expects that loading a bundle over what is held is refused with this code, and that the floor is what it was. */
export function refusedLoad(
  code: ReasonCode,
  story: Story,
  held: OpenedBundle,
  bytes: Uint8Array,
  options: Partial<OpenOptions> = {},
): Refused {
  const before = Buffer.from(writeFloor(held.nextFloor));
  const refused = refusal(code, () => openAt(story, bytes, { held, floor: held.nextFloor, ...options }));
  expect(Buffer.from(writeFloor(held.nextFloor))).toEqual(before);
  return refused;
}

/** Lets time pass for the vendor, in days. */
export function later(story: Story, days: number): void {
  story.vendor.now += days * day;
}
