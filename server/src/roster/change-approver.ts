import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { putChange } from './store.ts';

/**
 * Asks the offline keys to retire an approver, or to count nothing of theirs any more. Until they have signed it the
 * roster in force judges.
 * A waiting `compromised` is not weakened to `retired`.
 * @throws Problem not_found, roster_request_missing
 */
export async function changeApprover(
  context: Context,
  personId: string,
  status: 'retired' | 'compromised',
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  const { roster } = (await offlineRoles(context)).targets;
  const approver = roster.approvers.find(({ id }) => id === personId);
  if (approver === undefined) throw new Problem('not_found', 'This person is not on the roster.');
  if (approver.status.kind === status || approver.status.kind === 'compromised') {
    throw new Problem(
      'roster_request_missing',
      `On the roster this person is ${approver.status.kind} already.`,
    );
  }
  await transaction(context.db, async (tx) => {
    await putChange(tx, { person_id: personId, status, created_by: actor, created_at: timeOf(now) });
    await appendAudit(tx, {
      now,
      actor,
      action: `approver.${status === 'retired' ? 'retire' : 'compromise'}`,
      subject: personId,
    });
  });
}
