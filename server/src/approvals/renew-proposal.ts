import { secondsOf, timeOf, type JsonObject, type Statement } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { OPEN_SECONDS, placeUnderDigest, proposeStatement } from './propose-statement.ts';
import { storedStatement } from './stored-statement.ts';
import { updateStatement, type StatementRow } from './store.ts';

/**
 * A proposed licence or grant as it can be approved now: itself while it is fresh enough, else the same content issued
 * now and for as long, in its place.
 */
export async function renewProposal(
  tx: Tx,
  context: Context,
  row: StatementRow,
  { actor, now }: { actor: string; now: number },
): Promise<Statement> {
  const held = storedStatement(row);
  if (secondsOf(row.issued) > now - OPEN_SECONDS) return held;
  const lasts = secondsOf(held.custom.expires) - secondsOf(held.custom.validFrom);
  const dates = { issued: timeOf(now), validFrom: timeOf(now), expires: timeOf(now + lasts) };
  const custom: JsonObject = { ...held.custom, ...dates };
  await updateStatement(tx, row.digest, { state: 'withdrawn' });
  return proposeStatement(tx, context, {
    subjectId: row.subject_id,
    ...placeUnderDigest(row.role, row.kind === 'grant' ? 'grant' : 'licence', custom),
    custom,
    offlineSeconds: row.offline_seconds,
    actor,
    now,
  });
}
