import { thumbprint, timeOf } from '@appwarrant/verifier/formats';

import type { ApproverState, RosterAnswer } from '../api-types.ts';
import type { Context } from '../context.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { ownOrigins } from './ask-offline-keys.ts';
import { nextRoster } from './next-roster.ts';
import { enrollingPeople } from './store.ts';

/** The roster in force, and what waits for the offline keys. */
export async function readRoster(context: Context): Promise<RosterAnswer> {
  const { root, targets } = await offlineRoles(context);
  const { roster, ceilings, version } = targets;
  const { enrolled, changes } = await nextRoster(context.db, roster, ownOrigins(context));
  const [oldest] = [
    ...enrolled.map(({ created_at }) => created_at),
    ...changes.map(({ since }) => since),
  ].sort();
  return {
    version,
    thresholds: roster.thresholds,
    ceilings,
    rpId: roster.rpId,
    origins: roster.origins,
    approvers: roster.approvers.map(({ id, name, status, keys }) => ({
      id,
      name,
      status,
      keys: keys.map((key) => ({ id: key.id, alg: key.alg, fingerprint: thumbprint(key.key) })),
    })),
    pending: enrolled.map((credential) => ({
      person: { id: credential.person_id, name: credential.name },
      fingerprint: credential.thumbprint,
      enrolled: credential.created_at,
    })),
    changes: changes.map(({ id, status, since }) => ({
      person: { id, name: roster.approvers.find((approver) => approver.id === id)?.name ?? id },
      status,
      since,
    })),
    request: oldest === undefined ? null : { id: `roster-${version + 1}`, created: oldest },
    developmentKeys: context.keys.offline !== null,
    expires: targets.expires < root.expires ? targets.expires : root.expires,
  };
}

/** How far each person is as an approver. */
export async function approverStates(
  context: Context,
  now: number,
): Promise<ReadonlyMap<string, ApproverState>> {
  const { roster } = (await offlineRoles(context)).targets;
  const { enrolled } = await nextRoster(context.db, roster, []);
  const states = new Map<string, ApproverState>();
  for (const person of await enrollingPeople(context.db, timeOf(now))) states.set(person, 'enrolling');
  for (const { person_id } of enrolled) states.set(person_id, 'waiting-for-roster');
  for (const { id, status } of roster.approvers) states.set(id, status.kind);
  return states;
}
