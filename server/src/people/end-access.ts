import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import type { Actor } from '../http/route.ts';
import { Problem } from '../problem.ts';
import { countActiveAdmins, personById, setLeft } from './store.ts';

/**
 * Ends a person's access: no session of theirs goes on, none begins. An approver stays in the roster until the offline
 * keys sign another one.
 * @throws Problem not_found, person_left, last_admin
 */
export async function endAccess(
  context: Context,
  personId: string,
  actor: Actor,
  now: number,
): Promise<void> {
  await transaction(context.db, async (tx) => {
    const person = await personById(tx, personId);
    if (person === undefined) throw new Problem('not_found', 'There is no such person.');
    if (person.left_at !== null) throw new Problem('person_left', 'This person’s access has ended already.');
    if (person.role === 'admin' && (await countActiveAdmins(tx)) < 2) {
      throw new Problem('last_admin', 'Invite another admin first: somebody has to be able to sign in.');
    }
    await setLeft(tx, personId, timeOf(now));
    await appendAudit(tx, { now, actor: actor.id, action: 'person.end-access', subject: personId });
  });
}
