import { secondsOf, timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { markBuild } from '../builds/mark-build.ts';
import { addRevocation } from '../revocations/add-revocation.ts';
import { otherStatements, updateStatement, type StatementRow } from './store.ts';

/**
 * Makes a statement approved, in the transaction of the approval that completed it: the next publication lists it.
 * An older statement about the same subject is superseded and revoked, so that its approvals cannot bring it back.
 */
export async function settleApproved(
  tx: Tx,
  context: Context,
  row: StatementRow,
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  await updateStatement(tx, row.digest, { state: 'approved', approved_at: timeOf(now) });
  if (row.kind === 'entry')
    await markBuild(tx, row.subject_id, { state: 'approved', now, actor, detail: '' });
  // A withdrawn statement may have approvals, too, of fewer people than are needed today.
  const states = ['proposed', 'approved', 'published', 'withdrawn'] as const;
  const older = await otherStatements(tx, row.kind, row.subject_id, states, row.digest);
  for (const { digest, issued } of older) {
    await updateStatement(tx, digest, { state: 'superseded' });
    await addRevocation(tx, context, {
      subject: { kind: 'statement', digest },
      reason: 'replaced by a newer statement',
      actor,
      now,
      through: Math.max(now, secondsOf(issued)),
    });
  }
}
