import {
  appSlugPattern,
  buildIdPattern,
  capabilityPattern,
  customerIdPattern,
  partnerIdPattern,
} from './ids.ts';
import { sha256Pattern, thumbprintPattern } from './ids.ts';
import { member, readerFor, type JsonObject, type JsonValue } from './json.ts';
import { parsePublicKey, type EcJwk } from './jwk.ts';
import { isLabel } from './label.ts';
import { isOrigin } from './origin.ts';
import { isTime, type Time } from './time.ts';

// What statements say (SPEC §3.2–§3.4): the `custom` of entries, licences and grants.

export type Environment = 'production' | 'development';
export const environments: readonly Environment[] = ['production', 'development'];

export type StatementKind = 'entry' | 'licence' | 'grant';
export const statementKinds: readonly StatementKind[] = ['entry', 'licence', 'grant'];

export type Platform = 'server' | 'web' | 'android' | 'ios' | 'macos' | 'windows' | 'linux';
export const platforms: readonly Platform[] = [
  'server',
  'web',
  'android',
  'ios',
  'macos',
  'windows',
  'linux',
];

/** Where a private key lives, from the weakest: in every copy of the app, on its maker's server, in a device's hardware. */
export type Holder = 'embedded' | 'server' | 'hardware';
export const holders: readonly Holder[] = ['embedded', 'server', 'hardware'];

export type Identity = {
  readonly kind: 'key';
  readonly key: EcJwk;
  readonly use: 'request' | 'attest';
  readonly holder: Holder;
};

/** When a statement was issued, and from when and until when it says something. */
type Dates = { readonly issued: Time; readonly validFrom: Time; readonly expires: Time };

export type EntryCustom = Dates & {
  readonly kind: 'entry';
  readonly partner: { readonly id: string; readonly name: string };
  readonly app: { readonly id: string; readonly name: string };
  readonly build: { readonly id: string; readonly version: string; readonly platform: Platform };
  readonly identities: readonly Identity[];
  readonly capabilities: readonly string[];
  readonly assurance: Holder;
  readonly customers: 'all' | readonly string[];
  /** Digest of the findings and of the terms that were accepted. */
  readonly review: string;
};

export type LicensedDeployment = { readonly id: string; readonly origins: readonly string[] };

export type LicenseCustom = Dates & {
  readonly kind: 'licence';
  readonly customer: { readonly id: string; readonly name: string };
  readonly deployments: readonly LicensedDeployment[];
  readonly partners: 'all' | readonly string[];
  /** Seconds. */
  readonly fresh: number;
  /** Seconds. */
  readonly grace: number;
};

export type GrantEffect =
  | { readonly kind: 'monitor' }
  | { readonly kind: 'breakGlass' }
  | { readonly kind: 'grace'; readonly grace: number };

export type GrantCustom = Dates & {
  readonly kind: 'grant';
  readonly customer: { readonly id: string; readonly name: string };
  readonly deployments: readonly string[];
  readonly effect: GrantEffect;
  readonly reason: string;
};

const read = readerFor('statement_malformed', 'Statement');
const tenYears = 315_360_000;

/** Reads an entry's `custom`, ignoring `approvals`. Throws `statement_malformed`, or `key_malformed` for its keys. */
export function parseEntry(custom: JsonValue | undefined): EntryCustom {
  const { partner, app, build, ...rest } = read.members(custom, 'custom', entryMembers, ['approvals']);
  read.oneOf(rest.kind, 'kind', ['entry']);
  const builds = read.members(build, 'build', ['id', 'platform', 'version']);
  const identities = read.list(rest.identities, 'identities', 1, 16).map(parseIdentity);
  const assurance = read.oneOf(rest.assurance, 'assurance', holders);
  if (identities.some(({ holder }) => holders.indexOf(holder) < holders.indexOf(assurance))) {
    read.refuse('assurance', 'no higher than the lowest holder among the identities');
  }
  if (
    identities.length > 1 &&
    new Set(identities.map(({ key }) => `${key.x}.${key.y}`)).size < identities.length
  ) {
    read.refuse('identities', 'distinct keys');
  }
  return {
    kind: 'entry',
    partner: parseNamed(partner, 'partner', partnerIdPattern),
    app: parseNamed(app, 'app', appSlugPattern),
    build: {
      id: read.matching(builds.id, 'build.id', buildIdPattern, 'a build id'),
      version: parseLabel(builds.version, 'build.version'),
      platform: read.oneOf(builds.platform, 'build.platform', platforms),
    },
    identities,
    capabilities: sortedTexts(rest.capabilities, 'capabilities', capabilityPattern, 0, 64),
    assurance,
    customers:
      rest.customers === 'all' ? 'all' : sortedTexts(rest.customers, 'customers', customerIdPattern, 1, 4096),
    ...parseDates(rest),
    review: read.matching(rest.review, 'review', sha256Pattern, 'a digest'),
  };
}

/** Reads a licence's `custom`, ignoring `approvals`. Throws `statement_malformed`. */
export function parseLicense(custom: JsonValue | undefined): LicenseCustom {
  const value = read.members(custom, 'custom', licenseMembers, ['approvals']);
  read.oneOf(value.kind, 'kind', ['licence']);
  const deployments = read.list(value.deployments, 'deployments', 1, 64).map(parseDeployment);
  requireSorted(
    deployments.map(({ id }) => id),
    'deployments',
  );
  return {
    kind: 'licence',
    customer: parseNamed(value.customer, 'customer', customerIdPattern),
    deployments,
    partners:
      value.partners === 'all' ? 'all' : sortedTexts(value.partners, 'partners', partnerIdPattern, 0, 4096),
    fresh: read.integer(value.fresh, 'fresh', 1, tenYears),
    grace: read.integer(value.grace, 'grace', 0, tenYears),
    ...parseDates(value),
  };
}

/** Reads a grant's `custom`, ignoring `approvals`. Throws `statement_malformed`. */
export function parseGrant(custom: JsonValue | undefined): GrantCustom {
  const value = read.members(custom, 'custom', grantMembers, ['approvals']);
  read.oneOf(value.kind, 'kind', ['grant']);
  return {
    kind: 'grant',
    customer: parseNamed(value.customer, 'customer', customerIdPattern),
    deployments: sortedTexts(value.deployments, 'deployments', thumbprintPattern, 1, 64),
    effect: parseEffect(value.effect),
    reason: parseLabel(value.reason, 'reason'),
    ...parseDates(value),
  };
}

const entryMembers = [
  'app',
  'assurance',
  'build',
  'capabilities',
  'customers',
  'expires',
  'identities',
  'issued',
  'kind',
  'partner',
  'review',
  'validFrom',
];
const licenseMembers = [
  'customer',
  'deployments',
  'expires',
  'fresh',
  'grace',
  'issued',
  'kind',
  'partners',
  'validFrom',
];
const grantMembers = [
  'customer',
  'deployments',
  'effect',
  'expires',
  'issued',
  'kind',
  'reason',
  'validFrom',
];

function parseIdentity(value: JsonValue): Identity {
  const identity = read.members(value, 'identity', ['holder', 'key', 'kind', 'use']);
  read.oneOf(identity.kind, 'identity.kind', ['key']);
  const use = read.oneOf(identity.use, 'identity.use', ['request', 'attest']);
  const holder = read.oneOf(identity.holder, 'identity.holder', holders);
  if (use === 'attest' && holder !== 'server') read.refuse('identity.holder', 'server where use is attest');
  return { kind: 'key', key: parsePublicKey(identity.key), use, holder };
}

function parseDeployment(value: JsonValue): LicensedDeployment {
  const deployment = read.members(value, 'deployment', ['id', 'origins']);
  const origins = read
    .list(deployment.origins, 'deployment.origins', 1, 32)
    .map((origin) =>
      typeof origin === 'string' && isOrigin(origin) ? origin : read.refuse('deployment.origins', 'origins'),
    );
  requireSorted(origins, 'deployment.origins');
  return { id: read.matching(deployment.id, 'deployment.id', thumbprintPattern, 'a thumbprint'), origins };
}

function parseEffect(value: JsonValue | undefined): GrantEffect {
  const kind = read.oneOf(member(read.object(value, 'effect'), 'kind'), 'effect.kind', [
    'monitor',
    'breakGlass',
    'grace',
  ]);
  if (kind !== 'grace') {
    read.members(value, 'effect', ['kind']);
    return { kind };
  }
  const { grace } = read.members(value, 'effect', ['grace', 'kind']);
  return { kind, grace: read.integer(grace, 'effect.grace', 1, tenYears) };
}

function parseNamed(
  value: JsonValue | undefined,
  at: string,
  id: RegExp,
): { readonly id: string; readonly name: string } {
  const named = read.members(value, at, ['id', 'name']);
  return { id: read.matching(named.id, `${at}.id`, id, 'an id'), name: parseLabel(named.name, `${at}.name`) };
}

function parseLabel(value: JsonValue | undefined, at: string): string {
  return typeof value === 'string' && isLabel(value) ? value : read.refuse(at, 'a label (SPEC §1.6)');
}

function parseDates(value: JsonObject): Dates {
  const { issued, validFrom, expires } = value;
  if (typeof issued !== 'string' || !isTime(issued)) return read.refuse('issued', 'a time');
  if (typeof validFrom !== 'string' || !isTime(validFrom)) return read.refuse('validFrom', 'a time');
  if (typeof expires !== 'string' || !isTime(expires)) return read.refuse('expires', 'a time');
  // Times of this one spelling sort as text.
  if (issued > validFrom || validFrom >= expires)
    read.refuse('its dates', 'in the order issued ≤ validFrom < expires');
  return { issued, validFrom, expires };
}

function sortedTexts(
  value: JsonValue | undefined,
  at: string,
  pattern: RegExp,
  least: number,
  most: number,
): readonly string[] {
  const texts = read
    .list(value, at, least, most)
    .map((item) => read.matching(item, at, pattern, 'a list of valid ids'));
  requireSorted(texts, at);
  return texts;
}

function requireSorted(texts: readonly string[], at: string): void {
  for (let i = 1; i < texts.length; i += 1) {
    if ((texts[i - 1] as string) >= (texts[i] as string)) read.refuse(at, 'sorted and distinct');
  }
}
