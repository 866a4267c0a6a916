import { fromBase64url } from './base64url.ts';
import { approverIdPattern } from './ids.ts';
import { member, readerFor, type JsonValue } from './json.ts';
import { parsePublicKey, parseRsaKey, thumbprint, type EcJwk, type RsaJwk } from './jwk.ts';
import { isLabel } from './label.ts';
import { hostOf, isOrigin } from './origin.ts';
import { Refused } from './refused.ts';
import { statementKinds, type Environment, type StatementKind } from './custom.ts';
import { isTime, type Time } from './time.ts';

// The roster (SPEC §2.2): who may approve, with which passkeys, and how many people it takes.

export type ApproverKey =
  | { readonly id: string; readonly alg: 'ES256'; readonly key: EcJwk }
  | { readonly id: string; readonly alg: 'RS256'; readonly key: RsaJwk };

export type ApproverStatus =
  | { readonly kind: 'active' }
  | { readonly kind: 'retired'; readonly at: Time }
  | { readonly kind: 'compromised' };

export type Approver = {
  readonly id: string;
  readonly name: string;
  readonly status: ApproverStatus;
  readonly keys: readonly ApproverKey[];
};

export type Roster = {
  readonly rpId: string;
  readonly origins: readonly string[];
  readonly thresholds: Readonly<Record<StatementKind, number>>;
  readonly approvers: readonly Approver[];
};

/** The most that statements may ask for. All in seconds. */
export type Ceilings = {
  readonly fresh: number;
  readonly grace: number;
  readonly monitor: number;
  readonly breakGlass: number;
  readonly entryValidity: number;
  readonly attestation: number;
};

/** The least number of people that a roster may demand, by environment (SPEC §2.2). */
export const leastThresholds: Readonly<Record<Environment, Readonly<Record<StatementKind, number>>>> = {
  production: { entry: 2, licence: 1, grant: 2 },
  development: { entry: 1, licence: 1, grant: 1 },
};

const read = readerFor('roster_malformed', 'Roster');
const rpIdPattern =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const tenYears = 315_360_000;

/**
 * Reads a roster. Throws `roster_malformed`, `roster_threshold` (a kind without a threshold, or one below what the environment
 * demands), or `key_malformed`. The roster may have no approvers: then nothing is approved.
 */
export function parseRoster(value: JsonValue | undefined, environment: Environment): Roster {
  const roster = read.members(value, 'it', ['approvers', 'origins', 'rpId', 'thresholds']);
  const rpId = read.matching(roster.rpId, 'rpId', rpIdPattern, 'a host name');
  const origins = read
    .list(roster.origins, 'origins', 1, 16)
    .map((origin) => parseOrigin(origin, rpId, environment));
  if (new Set(origins).size < origins.length) read.refuse('origins', 'distinct');
  const approvers = read.list(roster.approvers, 'approvers', 0, 1000).map(parseApprover);
  requireDistinct(approvers);
  return { rpId, origins, thresholds: parseThresholds(roster.thresholds, environment), approvers };
}

/** Reads the ceilings. Throws `roster_malformed`: monitor is at most 30 days, breakGlass at most 72 hours. */
export function parseCeilings(value: JsonValue | undefined): Ceilings {
  const names = ['attestation', 'breakGlass', 'entryValidity', 'fresh', 'grace', 'monitor'];
  const ceilings = read.members(value, 'ceilings', names);
  return {
    fresh: read.integer(ceilings.fresh, 'ceilings.fresh', 1, tenYears),
    grace: read.integer(ceilings.grace, 'ceilings.grace', 0, tenYears),
    monitor: read.integer(ceilings.monitor, 'ceilings.monitor', 0, 2_592_000),
    breakGlass: read.integer(ceilings.breakGlass, 'ceilings.breakGlass', 0, 259_200),
    entryValidity: read.integer(ceilings.entryValidity, 'ceilings.entryValidity', 1, tenYears),
    attestation: read.integer(ceilings.attestation, 'ceilings.attestation', 0, tenYears),
  };
}

function parseThresholds(value: JsonValue | undefined, environment: Environment): Roster['thresholds'] {
  const thresholds = read.object(value, 'thresholds');
  const of = (kind: StatementKind): number => {
    const threshold = member(thresholds, kind);
    const least = leastThresholds[environment][kind];
    if (typeof threshold !== 'number' || threshold < least) {
      throw new Refused(
        'roster_threshold',
        `A ${environment} roster demands at least ${String(least)} for each ${kind}.`,
      );
    }
    return read.integer(threshold, `thresholds.${kind}`, least, 100);
  };
  const result = { entry: of('entry'), licence: of('licence'), grant: of('grant') };
  read.members(value, 'thresholds', statementKinds);
  return result;
}

function parseOrigin(value: JsonValue, rpId: string, environment: Environment): string {
  if (typeof value !== 'string' || !isOrigin(value)) return read.refuse('origins', 'origins');
  // The approving page lives at exactly the RP ID's host: a wider RP ID would let sibling hosts collect approvals.
  if (hostOf(value) !== rpId) read.refuse('origins', 'at the host that rpId names');
  if (environment === 'production' && !value.startsWith('https://'))
    read.refuse('origins', 'https in production');
  return value;
}

function parseApprover(value: JsonValue): Approver {
  const approver = read.members(value, 'approver', ['id', 'keys', 'name', 'status']);
  const { name } = approver;
  if (typeof name !== 'string' || !isLabel(name)) return read.refuse('approver.name', 'a label (SPEC §1.6)');
  return {
    id: read.matching(approver.id, 'approver.id', approverIdPattern, 'an approver id'),
    name,
    status: parseStatus(approver.status),
    keys: read.list(approver.keys, 'approver.keys', 1, 16).map(parseApproverKey),
  };
}

function parseStatus(value: JsonValue | undefined): ApproverStatus {
  const kind = read.oneOf(member(read.object(value, 'status'), 'kind'), 'status.kind', [
    'active',
    'retired',
    'compromised',
  ]);
  if (kind !== 'retired') {
    read.members(value, 'status', ['kind']);
    return { kind };
  }
  const { at } = read.members(value, 'status', ['at', 'kind']);
  return typeof at === 'string' && isTime(at) ? { kind, at } : read.refuse('status.at', 'a time');
}

function parseApproverKey(value: JsonValue): ApproverKey {
  const credential = read.members(value, 'key', ['alg', 'id', 'key']);
  const id = read.text(credential.id, 'key.id', 1364);
  requireBase64url(id);
  const alg = read.oneOf(credential.alg, 'key.alg', ['ES256', 'RS256']);
  return alg === 'ES256'
    ? { id, alg, key: parsePublicKey(credential.key) }
    : { id, alg, key: parseRsaKey(credential.key) };
}

function requireBase64url(id: string): void {
  try {
    fromBase64url(id);
  } catch {
    read.refuse('key.id', 'a credential id in base64url');
  }
}

/** No person twice, and no credential or key under two people: one hand must never count as two. */
function requireDistinct(approvers: readonly Approver[]): void {
  const keys = approvers.flatMap((approver) => approver.keys);
  const distinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
  if (!distinct(approvers.map(({ id }) => id))) read.refuse('approvers', 'distinct people');
  if (!distinct(keys.map(({ id }) => id))) read.refuse('approvers', 'without a credential that stands twice');
  if (!distinct(keys.map(({ key }) => thumbprint(key))))
    read.refuse('approvers', 'without a key that stands twice');
}
