import { createHash, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { canonical, statementOf, thumbprint, timeOf } from '../../src/formats.ts';
import type {
  Anchor,
  Approval,
  Approver,
  ApproverStatus,
  Ceilings,
  EntryCustom,
  Environment,
} from '../../src/formats.ts';
import type {
  GrantCustom,
  Identity,
  JsonObject,
  LicenseCustom,
  Revocation,
  Roster,
  Statement,
} from '../../src/formats.ts';
import { approveTogether, ecJwkOf, makePasskey, type Assertion, type Passkey } from './passkey.ts';
import { packBundle } from './pack.ts';
import { makeSigner, seal, type TufSigner } from './tuf-signer.ts';

// A whole vendor in memory, with every private key at hand: it composes real repositories, and whatever an attacker with some of
// those keys could compose.

export const day = 86_400;
/** 2030-01-01T00:00:00Z: when stories begin, unless they say otherwise. In seconds. */
export const newYear = 1_893_456_000;

export type Person = {
  readonly id: string;
  readonly name: string;
  readonly passkey: Passkey;
  status: ApproverStatus;
};
export type AppKey = {
  readonly privateKey: KeyObject;
  readonly jwk: ReturnType<typeof ecJwkOf>;
  readonly thumbprint: string;
};
/** A target as it stands in a role's metadata. */
export type TestTarget = {
  role: string;
  path: string;
  length: number;
  digest: string;
  custom: JsonObject;
  approvals: Approval[];
};
export type OnlineRole = 'timestamp' | 'snapshot' | 'registry' | 'leaf';

/** Everything that a vendor's state is made of. Tests change it between publications. */
export type Vendor = {
  environment: Environment;
  /** Seconds. */
  now: number;
  rpId: string;
  origins: string[];
  people: Person[];
  thresholds: { entry: number; licence: number; grant: number };
  ceilings: Ceilings;
  signers: Record<'root' | 'targets' | OnlineRole, TufSigner[]>;
  rootThreshold: number;
  /** Sealed roots, from 1. */
  roots: Uint8Array[];
  registry: string;
  versions: Map<string, number>;
  targets: TestTarget[];
  revocations: Revocation[];
  /** Revocations that a ceremony has copied into `targets`. */
  carriedRevocations: Revocation[];
  packages: string[];
  /** How long metadata is valid, in seconds. */
  validity: number;
};

/** Files by name, in the order of a bundle that holds them all. */
export type Publication = { readonly files: ReadonlyMap<string, Uint8Array>; readonly signedAt: number };

/** What attacks change between composing and signing: gets a role's `signed`, gives what is signed instead. */
export type Tamper = (role: string, signed: JsonObject) => JsonObject;

export function createVendor(options: Partial<Vendor> = {}): Vendor {
  const vendor: Vendor = {
    environment: 'production',
    now: newYear,
    rpId: 'approve.acme.example',
    origins: ['https://approve.acme.example'],
    people: options.people ?? [makePerson('Ada Approver'), makePerson('Ben Approver')],
    thresholds: { entry: 2, licence: 1, grant: 2 },
    ceilings: {
      fresh: 60 * day,
      grace: 60 * day,
      monitor: 30 * day,
      breakGlass: 3 * day,
      entryValidity: 800 * day,
      attestation: 3600,
    },
    signers: options.signers ?? {
      root: [makeSigner(), makeSigner(), makeSigner()],
      targets: [makeSigner(), makeSigner()],
      timestamp: [makeSigner()],
      snapshot: [makeSigner()],
      registry: [makeSigner()],
      leaf: [makeSigner()],
    },
    rootThreshold: 2,
    roots: [],
    registry: '',
    versions: new Map(),
    targets: [],
    revocations: [],
    carriedRevocations: [],
    packages: [],
    validity: 400 * day,
    ...options,
  };
  if (vendor.roots.length === 0) signRoot(vendor);
  return vendor;
}

/** Signs the next root, with the old root's keys as well: call it after changing `signers` or `rootThreshold`. */
export function signRoot(
  vendor: Vendor,
  old: readonly TufSigner[] = [],
  tamper: Tamper = (_, signed) => signed,
): void {
  const version = vendor.roots.length + 1;
  const roles = { root: vendor.rootThreshold, targets: 1, snapshot: 1, timestamp: 1 };
  const listed = Object.keys(roles).flatMap((role) =>
    vendor.signers[role as 'root'].map(({ keyId, key }) => [keyId, key]),
  );
  const signed: JsonObject = {
    _type: 'root',
    consistent_snapshot: true,
    expires: timeOf(vendor.now + 3650 * day),
    keys: Object.fromEntries(listed) as JsonObject,
    roles: Object.fromEntries(
      Object.entries(roles).map(([role, threshold]) => [
        role,
        { keyids: vendor.signers[role as 'root'].map(({ keyId }) => keyId), threshold },
      ]),
    ),
    spec_version: '1.0.34',
    version,
    'x-appwarrant': { environment: vendor.environment, signedAt: timeOf(vendor.now) },
  };
  const signers = [...new Set([...vendor.signers.root, ...old])];
  const final = tamper('root', signed);
  if (version === 1) vendor.registry = createHash('sha256').update(canonical(final)).digest('hex');
  vendor.roots.push(seal(final, signers));
}

/** The anchor of a package made now. */
export function anchorOf(vendor: Vendor, changes: Partial<Anchor> = {}): Anchor {
  return {
    vendor: { name: 'Acme', slug: 'acme' },
    registry: vendor.registry,
    environment: vendor.environment,
    root: JSON.parse(Buffer.from(vendor.roots.at(-1) as Uint8Array).toString()) as JsonObject,
    minimum: { targets: 1, signedAt: timeOf(newYear - 3650 * day) },
    ...changes,
  };
}

export function makePerson(name: string, alg: 'ES256' | 'RS256' = 'ES256'): Person {
  return { id: makeId('u'), name, passkey: makePasskey(alg), status: { kind: 'active' } };
}

export function makeAppKey(): AppKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = ecJwkOf(publicKey);
  return { privateKey, jwk, thumbprint: thumbprint(jwk) };
}

/** An id of SPEC §1.6. */
export function makeId(letter: string): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return `${letter}-${Array.from(randomBytes(26), (byte) => alphabet[byte % 32]).join('')}`;
}

export function makeDigest(): string {
  return randomBytes(32).toString('hex');
}

/** An entry's `custom`, with everything that a test does not care about filled in. */
export function entryCustom(vendor: Vendor, key: AppKey, changes: Partial<EntryCustom> = {}): EntryCustom {
  const identity: Identity = { kind: 'key', key: key.jwk, use: 'request', holder: 'server' };
  return {
    kind: 'entry',
    partner: { id: makeId('p'), name: 'Example Partner' },
    app: { id: 'orders', name: 'Orders' },
    build: { id: makeId('b'), version: '1.0.0', platform: 'server' },
    identities: [identity],
    capabilities: ['orders:read', 'orders:write'],
    assurance: 'server',
    customers: 'all',
    issued: timeOf(vendor.now),
    validFrom: timeOf(vendor.now),
    expires: timeOf(vendor.now + 365 * day),
    review: makeDigest(),
    ...changes,
  };
}

export function licenseCustom(
  vendor: Vendor,
  customer: string,
  deployment: string,
  changes: Partial<LicenseCustom> = {},
): LicenseCustom {
  return {
    kind: 'licence',
    customer: { id: customer, name: 'Example Customer' },
    deployments: [{ id: deployment, origins: ['https://erp.customer.example'] }],
    partners: 'all',
    fresh: 30 * day,
    grace: 30 * day,
    issued: timeOf(vendor.now),
    validFrom: timeOf(vendor.now),
    expires: timeOf(vendor.now + 730 * day),
    ...changes,
  };
}

export function grantCustom(
  vendor: Vendor,
  customer: string,
  deployment: string,
  changes: Partial<GrantCustom> = {},
): GrantCustom {
  return {
    kind: 'grant',
    customer: { id: customer, name: 'Example Customer' },
    deployments: [deployment],
    effect: { kind: 'monitor' },
    reason: 'Introducing the verifier',
    issued: timeOf(vendor.now),
    validFrom: timeOf(vendor.now),
    expires: timeOf(vendor.now + 7 * day),
    ...changes,
  };
}

/** Lists an entry, not approved by anybody. */
export function addEntry(vendor: Vendor, custom: EntryCustom, place: Partial<TestTarget> = {}): TestTarget {
  const role = place.role ?? custom.partner.id;
  const digest = place.digest ?? makeDigest();
  const path = `${role}/${custom.app.id}/${digest}`;
  return addTarget(vendor, { role, path, length: 1234, digest, custom, approvals: [], ...place });
}

/** Lists a licence or a grant, not approved by anybody. */
export function addForCustomer(
  vendor: Vendor,
  custom: LicenseCustom | GrantCustom,
  place: Partial<TestTarget> = {},
): TestTarget {
  const bytes = canonical(custom);
  const digest = createHash('sha256').update(bytes).digest('hex');
  const role = custom.customer.id;
  const path = `${role}/${custom.kind}/${digest}`;
  return addTarget(vendor, { role, path, length: bytes.length, digest, custom, approvals: [], ...place });
}

function addTarget(vendor: Vendor, target: TestTarget): TestTarget {
  vendor.targets.push(target);
  return target;
}

export function statementFor(vendor: Vendor, { role, path, length, digest, custom }: TestTarget): Statement {
  const { registry, environment } = vendor;
  return statementOf({
    registry,
    environment,
    role,
    path,
    target: { length, hashes: { sha256: digest }, custom },
  });
}

/** Has people approve targets, all in one act (or each alone, for grants), and adds the approvals to them. */
export function approve(
  vendor: Vendor,
  targets: readonly TestTarget[],
  people: readonly Person[] = vendor.people,
  assertion: Partial<Assertion> = {},
): void {
  const statements = targets.map((target) => statementFor(vendor, target));
  for (const { id, passkey } of people) {
    const by = { approver: id, passkey, rpId: vendor.rpId, origin: vendor.origins[0] as string, assertion };
    approveTogether(statements, by).forEach((approval, i) => targets[i]?.approvals.push(approval));
  }
}

export function rosterOf(vendor: Vendor): Roster {
  const approvers = vendor.people.map(({ id, name, passkey, status }): Approver => {
    return { id, name, status, keys: [passkey.listed] };
  });
  return { rpId: vendor.rpId, origins: vendor.origins, thresholds: vendor.thresholds, approvers };
}

/** What stands unchanged since an earlier publication: every leaf role but these. */
export type Since = { readonly publication: Publication; readonly changed: ReadonlySet<string> };

/** Composes and signs everything anew, each version one higher; with `since`, only what changed of the leaf roles. */
export function publish(vendor: Vendor, tamper: Tamper = (_, signed) => signed, since?: Since): Publication {
  const { now } = vendor;
  const expires = timeOf(now + vendor.validity);
  const files = new Map<string, Uint8Array>(vendor.roots.map((bytes, i) => [`${i + 1}.root.json`, bytes]));
  const sealRole = (
    role: string,
    rest: JsonObject,
    signers: readonly TufSigner[],
    type = role,
  ): readonly [number, Uint8Array] => {
    const version = (vendor.versions.get(role) ?? 0) + 1;
    vendor.versions.set(role, version);
    const signed = tamper(role, { _type: type, expires, spec_version: '1.0.34', version, ...rest });
    return [signed.version as number, seal(signed, signers)];
  };
  const meta: Record<string, JsonObject> = {};
  const sealTargets = (
    role: string,
    rest: JsonObject,
    signers: readonly TufSigner[],
  ): readonly [string, Uint8Array] => {
    const [version, bytes] = sealRole(role, rest, signers, 'targets');
    meta[`${role}.json`] = { version };
    return [`${version}.${role}.json`, bytes];
  };

  const byRole = new Map<string, TestTarget[]>();
  for (const target of vendor.targets) byRole.set(target.role, [...(byRole.get(target.role) ?? []), target]);
  const leafRoles = [...byRole.keys()].sort();
  const leaves = leafRoles.map((role): readonly [string, Uint8Array] => {
    const version = vendor.versions.get(role) ?? 0;
    const known =
      since?.changed.has(role) === false && since.publication.files.get(`${version}.${role}.json`);
    if (known instanceof Uint8Array) {
      meta[`${role}.json`] = { version };
      return [`${version}.${role}.json`, known];
    }
    const targets = (byRole.get(role) ?? []).map(listed);
    return sealTargets(role, { targets: Object.fromEntries(targets) }, vendor.signers.leaf);
  });
  const registry = sealTargets(
    'registry',
    {
      targets: {},
      delegations: delegationsTo(
        vendor.signers.leaf,
        leafRoles.map((role) => [role, leafPaths(role)]),
      ),
      'x-appwarrant': { revocations: vendor.revocations },
    },
    vendor.signers.registry,
  );
  const targets = sealTargets(
    'targets',
    {
      targets: Object.fromEntries(
        vendor.packages.map((name) => [`packages/${name}`, { hashes: { sha256: makeDigest() }, length: 1 }]),
      ),
      delegations: delegationsTo(vendor.signers.registry, [['registry', ['p-*/*/*', 'c-*/*/*']]]),
      'x-appwarrant': {
        roster: rosterOf(vendor),
        ceilings: vendor.ceilings,
        revocations: vendor.carriedRevocations,
      },
    },
    vendor.signers.targets,
  );
  const [snapshotVersion, snapshot] = sealRole('snapshot', { meta }, vendor.signers.snapshot);
  const own = { auditHead: makeDigest(), signedAt: timeOf(now) };
  const about = { meta: { 'snapshot.json': { version: snapshotVersion } }, 'x-appwarrant': own };
  const [, timestamp] = sealRole('timestamp', about, vendor.signers.timestamp);

  files.set('timestamp.json', timestamp);
  files.set(`${snapshotVersion}.snapshot.json`, snapshot);
  for (const [name, bytes] of [targets, registry, ...leaves]) files.set(name, bytes);
  return { files, signedAt: now };
}

/** The bundle that a customer gets of a publication: everything but other customers' roles and unlicensed partners. */
export function bundleOf(
  vendor: Vendor,
  customer: string,
  publication: Publication,
  partners: 'all' | readonly string[] = 'all',
): Uint8Array {
  return packBundle(customer, vendor.registry, bundleFiles(customer, publication, partners));
}

/** The files of such a bundle, for tests that leave some out or put others in. */
export function bundleFiles(
  customer: string,
  publication: Publication,
  partners: 'all' | readonly string[] = 'all',
): [string, Uint8Array][] {
  const leafOf = (name: string): string | undefined => /^[0-9]+\.([cp]-.*)\.json$/.exec(name)?.[1];
  const files = [...publication.files];
  const own = files.filter(([name]) => leafOf(name) === customer);
  const ofPartners = files
    .filter(([name]) => {
      const partner = /^p-[a-z2-7]{26}/.exec(leafOf(name) ?? '')?.[0];
      return partner !== undefined && (partners === 'all' || partners.includes(partner));
    })
    .sort(([a], [b]) => ((leafOf(a) as string) < (leafOf(b) as string) ? -1 : 1));
  return [...files.filter(([name]) => leafOf(name) === undefined), ...own, ...ofPartners];
}

function listed({ path, length, digest, custom, approvals }: TestTarget): readonly [string, JsonObject] {
  return [path, { custom: { ...custom, approvals }, hashes: { sha256: digest }, length }];
}

function leafPaths(role: string): string[] {
  return role.startsWith('p-') ? [`${role}/*/*`] : [`${role}/licence/*`, `${role}/grant/*`];
}

function delegationsTo(
  signers: readonly TufSigner[],
  roles: readonly (readonly [string, string[]])[],
): JsonObject {
  return {
    keys: Object.fromEntries(signers.map(({ keyId, key }) => [keyId, key])),
    roles: roles.map(([name, paths]) => ({
      keyids: signers.map(({ keyId }) => keyId),
      name,
      paths,
      terminating: true,
      threshold: 1,
    })),
  };
}
