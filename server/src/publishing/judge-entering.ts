import {
  covers,
  judgeApprovals,
  parseJsonText,
  Refused,
  requireThreshold,
  statementOf,
  type JsonObject,
  type JsonValue,
  type Revocation,
  type Roster,
  type Statement,
} from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { StatementRow } from './store.ts';

/**
 * Judges what is about to enter the allowlist as every customer's verifier will (SPEC §4.4): the database's word that it
 * is approved counts for nothing. Gives the statement as it was rebuilt.
 * @throws Refused
 */
export function judgeEntering(
  context: Context,
  row: StatementRow,
  approvals: readonly JsonValue[],
  { roster, revocations }: { roster: Roster; revocations: readonly Revocation[] },
): Statement {
  const { registry, environment } = context.repository;
  const stored = parseJsonText(row.statement) as JsonObject;
  const statement = statementOf({
    registry,
    environment,
    role: row.role,
    path: row.path,
    target: {
      length: stored['length'] as number,
      hashes: stored['hashes'] as JsonObject,
      custom: stored['custom'] as JsonObject,
    },
  });
  requireThreshold(statement, judgeApprovals(statement, approvals, roster), roster);
  if (revocations.some((revocation) => covers(revocation, statement))) throw new Refused('revoked');
  return statement;
}
