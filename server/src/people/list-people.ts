import { timeOf } from '@appwarrant/verifier/formats';

import type { ApproverState, PeopleAnswer } from '../api-types.ts';
import type { Context } from '../context.ts';
import { partnerNames } from '../partners/partner-name.ts';
import { allPeople, countCredentials, openInvitations } from './store.ts';

/** Everybody who has or had access, and who is invited. `approvers` says who approves. */
export async function listPeople(
  context: Context,
  approvers: ReadonlyMap<string, ApproverState>,
  now: number,
): Promise<PeopleAnswer> {
  const { db } = context;
  const passkeys = await countCredentials(db);
  const partners = await partnerNames(db);
  const named = (id: string | null) => (id === null ? null : { id, name: partners.get(id) ?? id });
  const people = await allPeople(db);
  const invitations = await openInvitations(db, timeOf(now));
  return {
    people: people.map((person) => ({
      id: person.id,
      name: person.name,
      role: person.role,
      partner: named(person.partner_id),
      created: person.created_at,
      lastSeen: person.last_seen_at,
      left: person.left_at,
      passkeys: passkeys.get(person.id) ?? 0,
      approver: approvers.get(person.id) ?? 'none',
    })),
    invitations: invitations.map((invitation) => ({
      kind: invitation.kind,
      name: invitation.name,
      partner: named(invitation.partner_id),
      created: invitation.created_at,
      expires: invitation.expires_at,
    })),
  };
}
