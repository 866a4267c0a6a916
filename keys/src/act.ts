import { isLabel, isObject, secondsOf } from '@appwarrant/verifier/formats';
import type { JsonObject, JsonValue, Time } from '@appwarrant/verifier/formats';
import { applyRequest, requireClock, requireExpiry } from './apply-request.ts';
import type { Dates, Drafts } from './apply-request.ts';
import { isTimeValue, requireThreshold } from './compose-root.ts';
import type { Keyring } from './compose-root.ts';
import { composeNewRepository } from './create-repository.ts';
import { KeysError } from './keys-error.ts';
import type { Repository } from './repository.ts';
import { parseRequestValue } from './request.ts';
import type { CeremonyRequest, CreationRequest } from './request.ts';
import { rotateRoot } from './rotate-root.ts';
import type { Rotation } from './rotate-root.ts';
import { parseTufKey } from './signer.ts';

/** Who says to hold a key: for people to read; no metadata carries it. */
export type Holders = ReadonlyMap<string, string>;

/** One thing that people do together, on one machine or on several. What it makes follows from it and from public files alone. */
export type Act = { readonly made: Time; readonly expires: Time; readonly holders: Holders } & (
  | {
      readonly kind: 'create';
      readonly request: CreationRequest;
      readonly root: Keyring;
      readonly targets: Keyring;
    }
  | { readonly kind: 'request'; readonly request: CeremonyRequest }
  | { readonly kind: 'rotate-root'; readonly rotation: Rotation }
);

/**
 * The metadata that an act makes: every participant computes it alone and signs that, never what a file brings along.
 * Throws what composeNewRepository, applyRequest and rotateRoot throw; KeysError `repository_exists` or
 * `repository_malformed` where there should be no repository, or should be one.
 */
export function draftsOf(act: Act, repository: Repository | null): Drafts {
  const dates: Dates = { now: secondsOf(act.made), expires: act.expires };
  if (act.kind === 'create') {
    if (repository !== null) throw new KeysError('repository_exists', 'There is a registry here already.');
    return composeNewRepository(act.request, { root: act.root, targets: act.targets }, dates);
  }
  if (repository === null) throw new KeysError('repository_malformed', 'There is no root here.');
  return act.kind === 'request'
    ? applyRequest(repository, act.request, dates)
    : rotateRoot(repository, act.rotation, dates);
}

/** Throws KeysError `clock_wrong` or `expiry_invalid` where an act does not fit the clock of this machine. `now` in seconds. */
export function requireTimely(act: Act, now: number): void {
  requireClock(now, act.made, 'the first of us signed');
  requireExpiry({ now, expires: act.expires });
}

/** An act as JSON. */
export function actValue(act: Act): JsonObject {
  const { expires, kind, made } = act;
  const holders = [...act.holders].map(([key, name]) => ({ key, name }));
  const shared = { expires, holders, kind, made };
  switch (act.kind) {
    case 'create':
      return { ...shared, request: act.request, root: act.root, targets: act.targets };
    case 'request':
      return { ...shared, request: act.request };
    case 'rotate-root':
      return { ...shared, rotation: act.rotation };
  }
}

/** Reads an act. Throws KeysError `pending_malformed`, and what the readers of its parts throw. */
export function parseAct(value: JsonValue | undefined): Act {
  if (!isObject(value)) throw malformed();
  const { expires, made } = value;
  const kind = textOf(value['kind']);
  if (!isTimeValue(made) || !isTimeValue(expires)) throw malformed();
  const shared = { made, expires, holders: parseHolders(value['holders']) };
  switch (kind) {
    case 'create': {
      const request = parseRequestValue(value['request']);
      if (request.type !== 'appwarrant/creation-request/1') throw malformed();
      return {
        kind,
        ...shared,
        request,
        root: parseKeyring(value['root']),
        targets: parseKeyring(value['targets']),
      };
    }
    case 'request': {
      const request = parseRequestValue(value['request']);
      if (request.type !== 'appwarrant/ceremony-request/1') throw malformed();
      return { kind, ...shared, request };
    }
    case 'rotate-root':
      return { kind, ...shared, rotation: parseRotation(value['rotation']) };
    default:
      throw malformed();
  }
}

function parseRotation(value: JsonValue | undefined): Rotation {
  if (!isObject(value) || !isObject(value['base'])) throw malformed();
  const { registry } = value;
  const { root, targets } = value['base'];
  if (typeof registry !== 'string' || typeof root !== 'number' || typeof targets !== 'number')
    throw malformed();
  return {
    registry,
    base: { root, targets },
    root: parseKeyring(value['root']),
    targets: parseKeyring(value['targets']),
  };
}

function parseKeyring(value: JsonValue | undefined): Keyring {
  if (!isObject(value) || !Array.isArray(value['keys']) || typeof value['threshold'] !== 'number')
    throw malformed();
  const keys = (value['keys'] as readonly JsonValue[]).map((key) => parseTufKey(key, 'The pending file'));
  const keyring = { keys, threshold: value['threshold'] };
  requireThreshold('A role', keyring);
  return keyring;
}

/** A text, or one that names nothing. */
function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function parseHolders(value: JsonValue | undefined): Holders {
  if (!Array.isArray(value)) throw malformed();
  return new Map(
    (value as readonly JsonValue[]).map((item) => {
      if (!isObject(item)) throw malformed();
      const { key, name } = item;
      if (typeof key !== 'string' || typeof name !== 'string' || !isLabel(name)) throw malformed();
      return [key, name];
    }),
  );
}

function malformed(): KeysError {
  return new KeysError('pending_malformed', 'This is no pending file of a ceremony, or it is damaged.');
}
