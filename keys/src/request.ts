import {
  environments,
  isObject,
  parseCeilings,
  parseJson,
  parseRevocations,
  parseRoster,
  Refused,
} from '@appwarrant/verifier/formats';
import { canonical, fileText, isLabel, sha256Hex } from '@appwarrant/verifier/formats';
import type {
  Ceilings,
  Environment,
  JsonObject,
  JsonValue,
  Revocation,
  Roster,
  Time,
} from '@appwarrant/verifier/formats';
import { isTimeValue, isVersion } from './compose-root.ts';
import { isPackagePath } from './compose-targets.ts';
import type { Package } from './compose-targets.ts';
import { KeysError } from './keys-error.ts';
import { parseTufKey } from './signer.ts';
import type { TufKey } from './signer.ts';

/** The roles whose keys the portal holds. `registry` signs partners' and customers' roles, too. */
export const ONLINE_ROLES = ['registry', 'snapshot', 'timestamp'] as const;
export type OnlineRole = (typeof ONLINE_ROLES)[number];

/** What the offline keys are asked to sign. Each says the whole of what shall be, never a difference. */
export type Change =
  | { readonly kind: 'roster'; readonly roster: Roster }
  | { readonly kind: 'packages'; readonly packages: readonly Package[] }
  | { readonly kind: 'ceilings'; readonly ceilings: Ceilings }
  /** Nothing but the request's revocations, copied into `targets`. */
  | { readonly kind: 'revocations' }
  /** New keys for some of the portal's roles. `snapshot` and `timestamp` stand in root, `registry` in targets. */
  | { readonly kind: 'online-keys'; readonly keys: Readonly<Partial<Record<OnlineRole, TufKey>>> }
  /** The same again with a later end. */
  | { readonly kind: 'renewal' };

/** A file that the portal hands to the ceremony, about a registry that exists. */
export type CeremonyRequest = {
  readonly type: 'appwarrant/ceremony-request/1';
  readonly registry: string;
  readonly environment: Environment;
  /** When the portal made it. */
  readonly made: Time;
  /** The versions in force, which the answer replaces: so that a request is answered once. */
  readonly base: { readonly root: number; readonly targets: number };
  /** Revocations in force at the portal; every ceremony copies them into `targets`. */
  readonly revocations: readonly Revocation[];
  readonly change: Change;
};

/** A file that a new portal hands to the ceremony that creates its registry. */
export type CreationRequest = {
  readonly type: 'appwarrant/creation-request/1';
  readonly environment: Environment;
  readonly made: Time;
  readonly vendor: string;
  readonly keys: Readonly<Record<OnlineRole, TufKey>>;
  readonly rpId: string;
  readonly origins: readonly string[];
  readonly thresholds: Roster['thresholds'];
  readonly ceilings: Ceilings;
};

/** Request files are read up to this many bytes. */
export const REQUEST_BYTES = 16 * 1024 * 1024;

/** A request file's bytes. */
export function composeRequest(request: CeremonyRequest | CreationRequest): Uint8Array {
  return new TextEncoder().encode(fileText(request));
}

/** The digest that the portal shows and people compare: of the canonical form, 64 hexadecimal digits. */
export function requestDigest(request: CeremonyRequest | CreationRequest): string {
  return sha256Hex(canonical(request));
}

/** Reads either kind of request file. Throws KeysError `request_malformed`, `file_too_large`. */
export function parseRequest(bytes: Uint8Array): CeremonyRequest | CreationRequest {
  if (bytes.length > REQUEST_BYTES)
    throw new KeysError('file_too_large', 'This file is too large for a request.');
  try {
    return parseRequestValue(parseJson(bytes, REQUEST_BYTES));
  } catch (error) {
    if (error instanceof KeysError && error.code === 'request_malformed') throw error;
    if (error instanceof Refused || error instanceof KeysError) throw malformed(error.message);
    throw error;
  }
}

/** The same for a value that stands inside another document. Throws also what the readers of its parts throw. */
export function parseRequestValue(value: JsonValue | undefined): CeremonyRequest | CreationRequest {
  if (!isObject(value)) throw malformed('it is no object');
  const environment = environments.find((known) => known === value['environment']);
  const made = value['made'];
  if (environment === undefined || !isTimeValue(made)) throw malformed('environment or time are missing');
  switch (textOf(value['type'])) {
    case 'appwarrant/ceremony-request/1':
      return parseCeremonyRequest(value, environment, made);
    case 'appwarrant/creation-request/1':
      return parseCreationRequest(value, environment, made);
    default:
      throw malformed('its type is unknown');
  }
}

function parseCeremonyRequest(value: JsonObject, environment: Environment, made: Time): CeremonyRequest {
  requireMembers(value, ['base', 'change', 'environment', 'made', 'registry', 'revocations', 'type']);
  const { base, registry } = value;
  if (typeof registry !== 'string' || !/^[0-9a-f]{64}$/.test(registry))
    throw malformed('it names no registry');
  if (!isObject(base)) throw malformed('base is missing');
  requireMembers(base, ['root', 'targets']);
  const { root, targets } = base;
  if (!isVersion(root) || !isVersion(targets)) throw malformed('base names no versions');
  return {
    type: 'appwarrant/ceremony-request/1',
    registry,
    environment,
    made,
    base: { root, targets },
    revocations: parseRevocations(value['revocations']),
    change: parseChange(value['change'], environment),
  };
}

function parseCreationRequest(value: JsonObject, environment: Environment, made: Time): CreationRequest {
  requireMembers(value, [
    'ceilings',
    'environment',
    'keys',
    'made',
    'origins',
    'rpId',
    'thresholds',
    'type',
    'vendor',
  ]);
  const { keys, vendor } = value;
  if (typeof vendor !== 'string' || !isLabel(vendor)) throw malformed('vendor is no name');
  if (!isObject(keys)) throw malformed('the online keys are missing');
  requireMembers(keys, ONLINE_ROLES);
  const { origins, rpId, thresholds } = parseRoster(
    {
      approvers: [],
      origins: value['origins'] ?? null,
      rpId: value['rpId'] ?? null,
      thresholds: value['thresholds'] ?? null,
    },
    environment,
  );
  return {
    type: 'appwarrant/creation-request/1',
    environment,
    made,
    vendor,
    keys: {
      registry: parseTufKey(keys['registry'], 'The request'),
      snapshot: parseTufKey(keys['snapshot'], 'The request'),
      timestamp: parseTufKey(keys['timestamp'], 'The request'),
    },
    rpId,
    origins,
    thresholds,
    ceilings: parseCeilings(value['ceilings']),
  };
}

function parseChange(value: JsonValue | undefined, environment: Environment): Change {
  if (!isObject(value)) throw malformed('change is missing');
  const kind = textOf(value['kind']);
  switch (kind) {
    case 'roster':
      requireMembers(value, ['kind', 'roster']);
      return { kind, roster: parseRoster(value['roster'], environment) };
    case 'packages':
      requireMembers(value, ['kind', 'packages']);
      return { kind, packages: parsePackages(value['packages']) };
    case 'ceilings':
      requireMembers(value, ['ceilings', 'kind']);
      return { kind, ceilings: parseCeilings(value['ceilings']) };
    case 'online-keys':
      requireMembers(value, ['keys', 'kind']);
      return { kind, keys: parseOnlineKeys(value['keys']) };
    case 'revocations':
    case 'renewal':
      requireMembers(value, ['kind']);
      return { kind };
    default:
      throw malformed('it asks for a change that this version of the ceremony does not know');
  }
}

function parsePackages(value: JsonValue | undefined): readonly Package[] {
  if (!Array.isArray(value) || value.length > 10_000) throw malformed('packages is no list');
  const packages = (value as readonly JsonValue[]).map((item): Package => {
    if (!isObject(item)) throw malformed('a package is no object');
    requireMembers(item, ['digest', 'length', 'path']);
    const { digest, length, path } = item;
    if (typeof path !== 'string' || !isPackagePath(path))
      throw malformed('a package has no path below packages/');
    if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest))
      throw malformed('a package has no digest');
    if (!isVersion(length)) throw malformed('a package has no length');
    return { path, length, digest };
  });
  if (new Set(packages.map(({ path }) => path)).size < packages.length)
    throw malformed('a package stands in it twice');
  return packages;
}

function parseOnlineKeys(value: JsonValue | undefined): Partial<Record<OnlineRole, TufKey>> {
  if (!isObject(value) || Object.keys(value).length === 0) throw malformed('it brings no keys');
  const keys: Partial<Record<OnlineRole, TufKey>> = {};
  for (const name of Object.keys(value)) {
    const role = ONLINE_ROLES.find((known) => known === name);
    if (role === undefined) throw malformed('it brings a key for a role that the portal does not hold');
    keys[role] = parseTufKey(value[name], 'The request');
  }
  return keys;
}

/** A text, or one that names nothing. */
function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function requireMembers(value: JsonObject, names: readonly string[]): void {
  if (Object.keys(value).sort().join() !== [...names].sort().join()) {
    throw malformed(`an object in it does not have exactly the members ${[...names].sort().join(', ')}`);
  }
}

function malformed(why: string): KeysError {
  return new KeysError(
    'request_malformed',
    `This is no request file of the portal, or it is damaged: ${why}.`,
  );
}
