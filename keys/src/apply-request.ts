import { canonicalText, mergeRevocations, secondsOf, thumbprint, timeOf } from '@appwarrant/verifier/formats';
import type { JsonObject, JsonValue, Roster, Time } from '@appwarrant/verifier/formats';
import { composeRoot } from './compose-root.ts';
import type { Keyring, RootContent } from './compose-root.ts';
import { composeTargets } from './compose-targets.ts';
import type { TargetsContent } from './compose-targets.ts';
import { KeysError } from './keys-error.ts';
import type { Repository } from './repository.ts';
import type { CeremonyRequest } from './request.ts';
import { requireSeparateKeys } from './separate-keys.ts';
import type { TufKey } from './signer.ts';

const DAY = 86_400;
const YEAR = 365 * DAY;
/** How long offline metadata holds unless the people say otherwise, and the longest that they may say. Seconds. */
export const OFFLINE_LIFETIME = 5 * YEAR;
const LONGEST_LIFETIME = 10 * YEAR + 3 * DAY;
/** Two clocks of people who meet once a year may differ by this much. Seconds. */
const CLOCK_DIFFERENCE = DAY;

/** New `signed` parts for the offline keys to sign: null where a role stays as it is. */
export type Drafts = { readonly root: JsonObject | null; readonly targets: JsonObject | null };

/** Settled by the first who signs, and repeated by all others. `now` in seconds. */
export type Dates = { readonly now: number; readonly expires: Time };

/**
 * What the metadata becomes when a request is granted: the same for everybody who computes it from the same files.
 *
 * Throws KeysError `request_other_registry`, `request_other_environment`, `request_outdated`, `request_ahead`,
 * `clock_wrong`, `revocation_in_future`, `expiry_invalid`, `origins_fixed`, `approver_forgotten`,
 * `approver_compromised`, `approver_key_moved`, `key_repeated` or `request_without_effect`.
 */
export function applyRequest(repository: Repository, request: CeremonyRequest, dates: Dates): Drafts {
  requireFitting(repository, request, dates);
  const { root, targets } = repository;
  const newRoot = changedRoot(root, request, dates);
  const newTargets = changedTargets(targets, request, dates);
  requireSeparateKeys(newRoot ?? root, (newTargets ?? targets).registry);
  if (newRoot === null && newTargets === null) {
    throw new KeysError('request_without_effect', 'This request asks for what is in force already.');
  }
  return {
    root: newRoot === null ? null : composeRoot(newRoot),
    targets: newTargets === null ? null : composeTargets(newTargets),
  };
}

/** Throws KeysError `expiry_invalid` unless the end lies after now and no more than ten years away. */
export function requireExpiry({ expires, now }: Dates): void {
  const left = secondsOf(expires) - now;
  if (left <= 0 || left > LONGEST_LIFETIME) {
    throw new KeysError(
      'expiry_invalid',
      `${expires} is no end for offline metadata: it lies in the next ten years.`,
    );
  }
}

/** Throws KeysError `clock_wrong` where this machine's clock is more than a day behind a time that has been signed. */
export function requireClock(now: number, known: Time, what: string): void {
  if (now + CLOCK_DIFFERENCE < secondsOf(known)) {
    throw new KeysError(
      'clock_wrong',
      `The clock of this machine shows ${timeOf(now)}, but ${what} at ${known}.`,
    );
  }
}

function requireFitting(
  { registry, root, targets }: Repository,
  request: CeremonyRequest,
  dates: Dates,
): void {
  if (request.registry !== registry) {
    throw new KeysError('request_other_registry', 'This request is about another registry than these files.');
  }
  if (request.environment !== root.environment) {
    throw new KeysError(
      'request_other_environment',
      `This request is not for a ${root.environment} registry.`,
    );
  }
  const { base } = request;
  const versions = `root ${base.root} and targets ${base.targets}; here are root ${root.version} and targets ${targets.version}`;
  if (base.root < root.version || base.targets < targets.version) {
    throw new KeysError(
      'request_outdated',
      `This request is for ${versions}. It was answered before, or overtaken: let the portal make a new one.`,
    );
  }
  if (base.root > root.version || base.targets > targets.version) {
    throw new KeysError(
      'request_ahead',
      `This request is for ${versions}. Bring the newest files to this machine first.`,
    );
  }
  requireClock(dates.now, request.made, 'the request was made');
  requireClock(dates.now, root.signedAt, 'the root was signed');
  requireExpiry(dates);
  const late = request.revocations.find(({ through }) => through > request.made);
  if (late !== undefined) {
    throw new KeysError(
      'revocation_in_future',
      `A revocation of this request reaches to ${late.through}, after it was made.`,
    );
  }
}

function changedRoot(
  root: RootContent,
  { change }: CeremonyRequest,
  { expires, now }: Dates,
): RootContent | null {
  if (change.kind !== 'online-keys') return null;
  const { snapshot, timestamp } = change.keys;
  const roles = {
    ...root.roles,
    snapshot: replaced(root.roles.snapshot, snapshot),
    timestamp: replaced(root.roles.timestamp, timestamp),
  };
  if (same(roles, root.roles)) return null;
  return { ...root, version: root.version + 1, signedAt: timeOf(now), expires, roles };
}

function changedTargets(
  targets: TargetsContent,
  request: CeremonyRequest,
  { expires }: Dates,
): TargetsContent | null {
  const { change } = request;
  // Of two revocations of one subject the one that reaches further stays; none is ever dropped.
  const revocations = [...mergeRevocations(targets.revocations, request.revocations).values()];
  let next: TargetsContent = { ...targets, revocations };
  switch (change.kind) {
    case 'roster':
      requireRosterSuccession(targets.roster, change.roster);
      next = { ...next, roster: change.roster };
      break;
    case 'packages':
      next = { ...next, packages: change.packages };
      break;
    case 'ceilings':
      next = { ...next, ceilings: change.ceilings };
      break;
    case 'online-keys':
      next = { ...next, registry: replaced(targets.registry, change.keys.registry) };
      break;
    case 'revocations':
    case 'renewal':
      break;
  }
  if (change.kind !== 'renewal' && same(composeTargets(next), composeTargets(targets))) return null;
  return { ...next, version: targets.version + 1, expires };
}

/** People and places of approval are added, never replaced: or old approvals would mean somebody else's. */
function requireRosterSuccession(before: Roster, after: Roster): void {
  if (before.rpId !== after.rpId || !before.origins.every((origin) => after.origins.includes(origin))) {
    throw new KeysError(
      'origins_fixed',
      'The RP ID and the approving origins of a roster are added to, never replaced.',
    );
  }
  const owners = new Map(
    after.approvers.flatMap(({ id, keys }) => keys.map(({ key }) => [thumbprint(key), id])),
  );
  for (const person of before.approvers) {
    const next = after.approvers.find(({ id }) => id === person.id);
    if (next === undefined) {
      throw new KeysError(
        'approver_forgotten',
        `${person.name} is missing: people are retired, never forgotten.`,
      );
    }
    for (const { key } of person.keys) {
      const owner = owners.get(thumbprint(key));
      if (owner !== undefined && owner !== person.id) {
        throw new KeysError('approver_key_moved', `A key of ${person.name} would become somebody else's.`);
      }
      if (owner === undefined && next.status.kind === 'compromised') {
        throw new KeysError(
          'approver_compromised',
          `${person.name} is compromised and keeps all keys, so that none returns.`,
        );
      }
    }
    if (person.status.kind === 'compromised' && next.status.kind !== 'compromised') {
      throw new KeysError('approver_compromised', `${person.name} was compromised, and that is final.`);
    }
  }
}

function replaced(keyring: Keyring, key: TufKey | undefined): Keyring {
  return key === undefined ? keyring : { keys: [key], threshold: 1 };
}

function same(a: JsonValue, b: JsonValue): boolean {
  return canonicalText(a) === canonicalText(b);
}
