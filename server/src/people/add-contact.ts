import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import type { Actor } from '../http/route.ts';
import { newId } from '../ids.ts';
import { insertPerson } from './store.ts';

/** Adds a person of a partner who has no passkey, so that nobody can sign in as them. */
export async function addContact(
  context: Context,
  { name, partnerId }: { readonly name: string; readonly partnerId: string },
  { actor, now }: { readonly actor: string | null; readonly now: number },
): Promise<Actor> {
  const id = newId('u', context.random);
  await transaction(context.db, async (tx) => {
    const person = { id, name, role: 'partner' as const, partner_id: partnerId };
    await insertPerson(tx, { ...person, created_at: timeOf(now), last_seen_at: null, left_at: null });
    await appendAudit(tx, { now, actor, action: 'person.add-contact', subject: id, detail: { name } });
  });
  return { id, name, role: 'partner', partnerId };
}
