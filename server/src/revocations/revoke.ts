import { covers, secondsOf, subjectName, timeOf, type RevocationSubject } from '@appwarrant/verifier/formats';

import { storedStatement } from '../approvals/stored-statement.ts';
import { appendAudit } from '../audit/append.ts';
import { markBuild } from '../builds/mark-build.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { publish } from '../publishing/publish.ts';
import { addRevocation } from './add-revocation.ts';
import { setStatementRevoked, standingAbout, subjectExists } from './store.ts';

export interface Revoked {
  readonly id: string;
  readonly through: string;
  /** How many statements no longer stand. */
  readonly statements: number;
  /** The publication that carries it to customers; null where it could not be published yet. */
  readonly published: number | null;
}

/**
 * Revokes everything about a subject that was issued until now, and publishes that: one admin suffices. Customers'
 * servers never forget a revocation that they have loaded; the undo is a new statement with fresh approvals.
 * @throws Problem revocation_subject_unknown
 */
export async function revoke(
  context: Context,
  subject: RevocationSubject,
  { reason, actor, now }: { reason: string; actor: string; now: number },
): Promise<Revoked> {
  const { id, through, statements } = await transaction(context.db, async (tx) => {
    if (!(await subjectExists(tx, subject))) {
      throw new Problem('revocation_subject_unknown', 'Nothing here goes by that name.');
    }
    const about = await standingAbout(tx, subject);
    // What undid an earlier revocation within the same second is issued a second ahead: it falls, too.
    const through = Math.max(now, ...about.map(({ issued }) => secondsOf(issued)));
    const revocation = { subject, through: timeOf(through) };
    const covered = about.filter((row) => covers(revocation, storedStatement(row)));
    for (const row of covered) {
      await setStatementRevoked(tx, row.digest);
      if (row.kind === 'entry')
        await markBuild(tx, row.subject_id, { state: 'revoked', now, actor, detail: reason });
    }
    const added = await addRevocation(tx, context, { subject, reason, actor, now, through });
    await appendAudit(tx, {
      now,
      actor,
      action: 'revocation.add',
      subject: added,
      detail: { about: subjectName(subject), reason, statements: covered.length },
    });
    return { id: added, through: revocation.through, statements: covered.length };
  });
  const published = await publish(context, { cause: 'revocation', actor });
  return { id, through, statements, published: published?.version ?? null };
}
