import type { Tx } from '../database/database.ts';
import { standingStatement, updateStatement } from './store.ts';

/** Takes back the statement about a subject that waits for approval, if there is one: nobody can approve it any more. */
export async function withdrawStatements(
  tx: Tx,
  kind: 'entry' | 'licence' | 'grant',
  subjectId: string,
): Promise<void> {
  for (;;) {
    const open = await standingStatement(tx, kind, subjectId, ['proposed']);
    if (open === undefined) return;
    await updateStatement(tx, open.digest, { state: 'withdrawn' });
  }
}
