import type { Context } from '../context.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { approvalsOfMany, newestStatements, type StatementRow } from './store.ts';

/** How far the newest statement about something is. */
export interface Progress {
  readonly statement: StatementRow;
  /** Who has approved it, and when. What counts is the verifier's judgement; this is for showing. */
  readonly people: readonly { readonly person: string; readonly at: string }[];
  /** How many people the roster demands. */
  readonly needed: number;
}

/** Progress by subject: a build's, a customer's (licence) or a grant's id. Subjects without a statement are not in it. */
export async function approvalProgress(
  context: Context,
  kind: StatementRow['kind'],
  subjectIds: readonly string[],
): Promise<ReadonlyMap<string, Progress>> {
  const needed = (await offlineRoles(context)).targets.roster.thresholds[kind];
  const statements = await newestStatements(context.db, kind, subjectIds);
  const given = await approvalsOfMany(
    context.db,
    statements.map(({ digest }) => digest),
  );
  const byStatement = new Map<string, typeof given>();
  for (const approval of given) {
    const known = byStatement.get(approval.statement_digest);
    if (known === undefined) byStatement.set(approval.statement_digest, [approval]);
    else known.push(approval);
  }
  return new Map(
    statements.map((statement) => {
      const people = (byStatement.get(statement.digest) ?? []).map(({ approver_id, created_at }) => ({
        person: approver_id,
        at: created_at,
      }));
      return [statement.subject_id, { statement, people, needed }];
    }),
  );
}
