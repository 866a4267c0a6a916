import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { newToken, tokenDigest } from '../people/token.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { insertEnrolment, person } from './store.ts';

const LINK_SECONDS = 60 * 60;

/**
 * Makes a one-time link to the approving page, under which this person makes an approval passkey. It counts for nothing
 * until the offline keys put it on the roster.
 * @throws Problem not_found, person_cannot_approve
 */
export async function enrolApprover(
  context: Context,
  personId: string,
  { actor, now }: { actor: string; now: number },
): Promise<{ readonly link: string; readonly expires: string }> {
  const { roster } = (await offlineRoles(context)).targets;
  const token = newToken(context.random);
  const expires = timeOf(now + LINK_SECONDS);
  await transaction(context.db, async (tx) => {
    const found = await person(tx, personId);
    if (found === undefined) throw new Problem('not_found', 'There is no such person.');
    if (found.role !== 'admin') {
      throw new Problem(
        'person_cannot_approve',
        'Only the vendor’s own people approve; this person belongs to a partner.',
      );
    }
    if (found.left_at !== null) throw new Problem('person_cannot_approve', 'This person has left.');
    const status = roster.approvers.find(({ id }) => id === personId)?.status.kind ?? 'active';
    if (status !== 'active') {
      throw new Problem(
        'person_cannot_approve',
        `On the roster this person is ${status}. That is for good: invite the person anew.`,
      );
    }
    await insertEnrolment(tx, {
      token_digest: tokenDigest(token),
      person_id: personId,
      created_by: actor,
      created_at: timeOf(now),
      expires_at: expires,
      used_at: null,
    });
    await appendAudit(tx, { now, actor, action: 'approver.invite', subject: personId });
  });
  return { link: `${context.config.approveOrigin}/#${token}`, expires };
}
