import { canonical } from './canonical.ts';
import { sha256Hex } from './digest.ts';
import {
  appSlugPattern,
  buildIdPattern,
  capabilityPattern,
  customerIdPattern,
  partnerIdPattern,
} from './ids.ts';
import { partnerRolePattern, sha256Pattern, thumbprintPattern } from './ids.ts';
import { isObject, member, readerFor, type JsonObject, type JsonValue } from './json.ts';
import { parsePublicKey, type EcJwk } from './jwk.ts';
import { isLabel } from './label.ts';
import { isOrigin } from './origin.ts';
import { Refused } from './refused.ts';
import { isTime, type Time } from './time.ts';

// Statements: what approvers approve (SPEC §3). A statement is rebuilt from where a target was found, so an approval that is
// moved elsewhere approves nothing.

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

type StatementAbout<Custom extends { readonly kind: StatementKind }> = {
  readonly type: 'appwarrant/approval/1';
  readonly kind: Custom['kind'];
  readonly registry: string;
  readonly environment: Environment;
  readonly role: string;
  readonly path: string;
  readonly length: number;
  readonly hashes: { readonly sha256: string };
  readonly custom: Custom;
};

export type EntryStatement = StatementAbout<EntryCustom>;
export type LicenseStatement = StatementAbout<LicenseCustom>;
export type GrantStatement = StatementAbout<GrantCustom>;
export type Statement = EntryStatement | LicenseStatement | GrantStatement;

/** A target as TUF lists it; `custom` may hold `approvals`, which belong to no statement. */
export type Target = { readonly length: number; readonly hashes: JsonObject; readonly custom: JsonObject };

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

/**
 * The statement that a target makes where it was found (SPEC §3.1): its `custom` without `approvals`.
 * Throws `statement_malformed` (or `key_malformed`), and `statement_misplaced` when role, path, length or digest do not fit it.
 */
export function statementOf(found: {
  readonly registry: string;
  readonly environment: Environment;
  readonly role: string;
  readonly path: string;
  readonly target: Target;
}): Statement {
  const { registry, environment, role, path, target } = found;
  const hashes = parseHashes(target.hashes);
  const place = { registry, environment, role, path, length: target.length, hashes };
  const kind = isObject(target.custom)
    ? read.oneOf(member(target.custom, 'kind'), 'kind', statementKinds)
    : 'entry';
  let statement: Statement;
  switch (kind) {
    case 'entry':
      statement = { type: 'appwarrant/approval/1', kind, ...place, custom: parseEntry(target.custom) };
      break;
    case 'licence':
      statement = { type: 'appwarrant/approval/1', kind, ...place, custom: parseLicense(target.custom) };
      break;
    case 'grant':
      statement = { type: 'appwarrant/approval/1', kind, ...place, custom: parseGrant(target.custom) };
      break;
  }
  requirePlace(statement);
  return statement;
}

/** The bytes that approvers' passkeys sign over, and that a statement's digest is of. */
export function statementBytes(statement: Statement): Uint8Array {
  return canonical(statement);
}

/** A statement's digest (SPEC §3.1): what a revocation of one statement names. */
export function statementDigest(statement: Statement): string {
  return sha256Hex(statementBytes(statement));
}

/** A target's `hashes`: exactly one SHA-256. Throws `statement_malformed`. */
export function parseHashes(value: JsonValue | undefined): { readonly sha256: string } {
  const hashes = read.members(value, 'hashes', ['sha256']);
  return { sha256: read.matching(hashes.sha256, 'hashes.sha256', sha256Pattern, 'a digest') };
}

/** Role, path, length and digest fit what the statement says (SPEC §3.2, §3.4). Throws `statement_misplaced`. */
export function requirePlace(statement: Statement): void {
  const { kind, role, path, hashes, custom } = statement;
  switch (kind) {
    case 'entry': {
      const owner = partnerRolePattern.exec(role)?.[1];
      if (owner !== custom.partner.id)
        throw new Refused('statement_misplaced', `${role} is not a role of ${custom.partner.id}.`);
      if (path !== `${role}/${custom.app.id}/${hashes.sha256}`) throw misplaced(path);
      return;
    }
    case 'licence':
    case 'grant': {
      if (role !== custom.customer.id)
        throw new Refused('statement_misplaced', `${role} is not the role of ${custom.customer.id}.`);
      const bytes = canonical(custom);
      if (statement.length !== bytes.length || hashes.sha256 !== sha256Hex(bytes)) throw misplaced(path);
      if (path !== `${role}/${kind}/${hashes.sha256}`) throw misplaced(path);
      return;
    }
  }
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

function misplaced(path: string): Refused {
  return new Refused('statement_misplaced', `The path ${path.slice(0, 200)} does not fit what stands there.`);
}

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
