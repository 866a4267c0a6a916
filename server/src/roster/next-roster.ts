import {
  parseJsonText,
  thumbprint,
  type Approver,
  type ApproverKey,
  type Roster,
} from '@appwarrant/verifier/formats';

import type { Queries } from '../database/database.ts';
import { allChanges, allCredentials, type CredentialRow } from './store.ts';

/** What the portal asks the offline keys to sign, and how it differs from the roster in force. */
export interface NextRoster {
  readonly roster: Roster;
  /** Enrolled passkeys that the roster in force does not list. */
  readonly enrolled: readonly (CredentialRow & { readonly name: string })[];
  /** People whose status shall change. */
  readonly changes: readonly {
    readonly id: string;
    readonly status: 'retired' | 'compromised';
    readonly since: string;
  }[];
}

/** The roster in force with everything that waits for the offline keys. */
export async function nextRoster(
  db: Queries,
  roster: Roster,
  origins: readonly string[],
): Promise<NextRoster> {
  const people = new Map(roster.approvers.map((approver) => [approver.id, approver]));
  const listed = new Set(roster.approvers.flatMap(({ keys }) => keys.map(({ key }) => thumbprint(key))));

  const credentials = await allCredentials(db);
  const enrolled = credentials.filter(
    ({ thumbprint: fingerprint, person_id }) =>
      !listed.has(fingerprint) && people.get(person_id)?.status.kind !== 'compromised',
  );
  for (const credential of enrolled) {
    const known = people.get(credential.person_id);
    const keys = [...(known?.keys ?? []), keyOf(credential)];
    const approver: Approver = known ?? {
      id: credential.person_id,
      name: credential.name,
      status: { kind: 'active' },
      keys,
    };
    people.set(approver.id, { ...approver, keys });
  }

  const changes = [];
  for (const { person_id, status, created_at } of await allChanges(db)) {
    const approver = people.get(person_id);
    if (approver === undefined || approver.status.kind === status || approver.status.kind === 'compromised')
      continue;
    const next: Approver['status'] =
      status === 'retired' ? { kind: status, at: created_at } : { kind: status };
    people.set(person_id, { ...approver, status: next });
    changes.push({ id: person_id, status, since: created_at });
  }
  const added = origins.filter((origin) => !roster.origins.includes(origin));
  const next = { ...roster, origins: [...roster.origins, ...added], approvers: [...people.values()] };
  return { roster: next, enrolled, changes };
}

function keyOf({ id, alg, key_json }: CredentialRow): ApproverKey {
  // The enrolment parsed the key as one of its algorithm.
  return { id, alg, key: parseJsonText(key_json) } as unknown as ApproverKey;
}
