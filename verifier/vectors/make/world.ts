import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import type { Anchor } from '../../src/anchor.ts';
import { packBundle } from '../../test/compose/pack.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { Passkey } from '../../test/compose/passkey.ts';
import type { EntryCustom, GrantCustom, LicenseCustom } from '../../src/custom.ts';
import {
  addEntry,
  addForCustomer,
  anchorOf,
  approve,
  bundleFiles,
  createVendor,
  day,
  entryCustom,
  grantCustom,
  licenseCustom,
  newYear,
  publish,
  type Person,
  type Publication,
  type Tamper,
  type TestTarget,
  type Vendor,
} from '../../test/compose/vendor.ts';
import { digestOf, idOf, keyOf, nonceOf, signerOf, type FixedKey } from './keys.ts';
import { rsaJwk, signPkcs1 } from './rsa-key.ts';
import { packedGzip } from './packed-gzip.ts';

// The one vendor, customer and app of which the vectors tell. Small, because every vector holds all of it that it needs.

export { day, newYear };
export const hour = 3600;

/** One vendor with a customer who is licensed, and one approved build. */
export type World = {
  readonly vendor: Vendor;
  readonly customer: string;
  readonly deployment: string;
  readonly origin: string;
  readonly key: FixedKey;
  readonly license: TestTarget;
  readonly entry: TestTarget;
};

export const customer = idOf('c', 'customer');
export const partner = idOf('p', 'partner');
export const deploymentKey = keyOf('deployment');
export const deployment = deploymentKey.thumbprint;
export const origin = 'https://erp.customer.example';

/** Somebody on the roster, with one passkey. */
export function personOf(name: string, alg: 'ES256' | 'RS256' = 'ES256'): Person {
  return { id: idOf('u', name), name, passkey: passkeyOf(name, alg), status: { kind: 'active' } };
}

/** A passkey; with another label, a second one of the same person. */
export function passkeyOf(label: string, alg: 'ES256' | 'RS256' = 'ES256'): Passkey {
  const id = nonceOf(`credential ${label}`);
  if (alg === 'RS256') return { id, listed: { id, alg, key: rsaJwk }, sign: signPkcs1 };
  const { jwk, signDer } = keyOf(`passkey ${label}`);
  return { id, listed: { id, alg, key: jwk }, sign: signDer };
}

/** What a world may have otherwise. `null` leaves the licence or the entry out, or unapproved what says so. */
export type WorldOptions = {
  readonly vendor?: Partial<Vendor>;
  readonly license?: Partial<LicenseCustom>;
  readonly entry?: Partial<EntryCustom>;
  /** Who approves the entry; all on the roster without it. */
  readonly approvers?: readonly Person[];
  /** One approver, and no entries: smaller, where a rule has nothing to do with either. */
  readonly isBare?: boolean;
};

/** Makes the world, at the new year of 2030. */
export function makeWorld(options: WorldOptions = {}): World {
  const { isBare = false } = options;
  const online = signerOf('online');
  const vendor = createVendor({
    people: [personOf('Ada Approver'), ...(isBare ? [] : [personOf('Ben Approver')])],
    signers: {
      root: [signerOf('root')],
      targets: [signerOf('root')],
      timestamp: [online],
      snapshot: [online],
      registry: [online],
      leaf: [online],
    },
    rootThreshold: 1,
    ...options.vendor,
  });
  const key = keyOf('app');
  const deployments = [{ id: deployment, origins: [origin] }];
  const license = addLicense(vendor, { deployments, ...options.license });
  const entry = addBuild(vendor, key, 'first', options.entry);
  approve(vendor, [license], vendor.people.slice(0, 1));
  if (isBare) vendor.targets = [license];
  else approve(vendor, [entry], options.approvers);
  return { vendor, customer, deployment, origin, key, license, entry };
}

/** Has the licence of a bare world approved as what it is now, where what identifies the registry has changed. */
export function approveLicenseAgain({ vendor, license }: World): void {
  license.approvals = [];
  approve(vendor, [license], vendor.people.slice(0, 1));
}

/** Lists a licence, not approved by anybody. */
export function addLicense(
  vendor: Vendor,
  changes: Partial<LicenseCustom> = {},
  place: Partial<TestTarget> = {},
): TestTarget {
  const whole = { deployments: [{ id: deployment, origins: [origin] }], ...changes };
  return addForCustomer(vendor, licenseCustom(vendor, customer, deployment, whole), place);
}

/** Lists a build of the partner's app, not approved by anybody. */
export function addBuild(
  vendor: Vendor,
  key: FixedKey,
  label: string,
  changes: Partial<EntryCustom> = {},
  place: Partial<TestTarget> = {},
): TestTarget {
  return addEntry(vendor, buildCustom(vendor, key, label, changes), {
    digest: digestOf(`artifact ${label}`),
    ...place,
  });
}

/** What a build's entry says. */
function buildCustom(
  vendor: Vendor,
  key: FixedKey,
  label: string,
  changes: Partial<EntryCustom> = {},
): EntryCustom {
  return entryCustom(vendor, key, {
    partner: { id: partner, name: 'Example Partner' },
    build: { id: idOf('b', label), version: '1.0.0', platform: 'server' },
    review: digestOf(`review ${label}`),
    ...changes,
  });
}

/** Lists a grant, not approved by anybody. */
export function addGrant(
  vendor: Vendor,
  changes: Partial<GrantCustom> = {},
  place: Partial<TestTarget> = {},
): TestTarget {
  return addForCustomer(vendor, grantCustom(vendor, customer, deployment, changes), place);
}

/** Publishes everything anew, as the vendor's state is. */
export function publishNow(
  { vendor }: Pick<World, 'vendor'>,
  tamper: Tamper = (_, signed) => signed,
): Publication {
  return publish(vendor, (role, signed) => {
    if (role !== 'timestamp') return tamper(role, signed);
    // The composer draws the audit trail's head at random.
    const own = { ...(signed['x-appwarrant'] as JsonObject), auditHead: digestOf('audit trail') };
    return tamper(role, { ...signed, 'x-appwarrant': own });
  });
}

/** The files of the customer's bundle. */
export function filesNow(
  world: Pick<World, 'vendor'>,
  tamper?: Tamper,
  partners: 'all' | readonly string[] = 'all',
): [string, Uint8Array][] {
  return bundleFiles(customer, publishNow(world, tamper), partners);
}

/** Packs files as a bundle. */
export function pack(
  world: Pick<World, 'vendor'>,
  files: readonly (readonly [string, Uint8Array])[],
): Uint8Array {
  return packBundle(customer, world.vendor.registry, files, packedGzip);
}

/** Publishes and packs the customer's bundle. */
export function bundleNow(
  world: Pick<World, 'vendor'>,
  tamper?: Tamper,
  partners?: readonly string[],
): Uint8Array {
  return pack(world, filesNow(world, tamper, partners));
}

/** The anchor of a package that was made when there was one root only. */
export function firstAnchor({ vendor }: Pick<World, 'vendor'>, changes: Partial<Anchor> = {}): Anchor {
  return anchorOf({ ...vendor, roots: vendor.roots.slice(0, 1) }, changes);
}

/** Bytes as vectors hold them. */
export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** A `load` vector's input: bundles that are loaded one after the other. */
export function loadInput(
  world: World,
  steps: readonly { readonly at?: number; readonly bundle: Uint8Array }[],
  changes: JsonObject = {},
): JsonObject {
  return {
    kind: 'load',
    ...siteOf(world),
    ...changes,
    steps: steps.map(({ at, bundle }) => ({ at: timeOf(at ?? world.vendor.now), bundle: base64(bundle) })),
  };
}

/** What describes the world's site, of which nothing is known yet. */
export function siteOf(world: World): JsonObject {
  return { anchor: firstAnchor(world), deployment: world.deployment, origin: world.origin, floor: null };
}

/** A request as vectors hold it. */
export function requestOf({ method, target, headers, body }: RequestToCheck): JsonObject {
  return { method, target, headers, ...(body !== undefined && { body: base64(body) }) };
}
