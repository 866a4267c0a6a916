import type { Insertable, Queries, Selectable, Tx, Updateable } from '../database/database.ts';
import type { ApprovalListsTable, ApprovalsTable, StatementsTable } from '../database/tables.ts';

export type StatementRow = Selectable<StatementsTable>;
export type ListRow = Selectable<ApprovalListsTable>;
export type ApprovalRow = Selectable<ApprovalsTable>;

/** Everything that an entry says about a build, and where the build stands. */
export async function buildForEntry(db: Queries, buildId: string) {
  return db
    .selectFrom('builds')
    .innerJoin('apps', 'apps.id', 'builds.app_id')
    .innerJoin('partners', 'partners.id', 'builds.partner_id')
    .select([
      'builds.id',
      'builds.version',
      'builds.digest',
      'builds.length',
      'builds.key_json',
      'builds.thumbprint',
      'builds.key_use',
      'builds.holder',
      'builds.capabilities_json',
      'builds.customers_json',
      'builds.review',
      'builds.state',
      'apps.slug',
      'apps.name as app_name',
      'apps.platform',
      'partners.id as partner_id',
      'partners.name as partner_name',
    ])
    .where('builds.id', '=', buildId)
    .executeTakeFirst();
}

export async function statementOfDigest(db: Queries, digest: string): Promise<StatementRow | undefined> {
  return db.selectFrom('statements').selectAll().where('digest', '=', digest).executeTakeFirst();
}

/** The newest statement about a subject that still stands or may come to stand. */
export async function standingStatement(
  db: Queries,
  kind: StatementRow['kind'],
  subjectId: string,
  states: readonly StatementRow['state'][],
): Promise<StatementRow | undefined> {
  return db
    .selectFrom('statements')
    .selectAll()
    .where('subject_id', '=', subjectId)
    .where('kind', '=', kind)
    .where('state', 'in', states)
    .orderBy('issued', 'desc')
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Statements of a subject in one of these states, but for `except`. */
export async function otherStatements(
  db: Queries,
  kind: StatementRow['kind'],
  subjectId: string,
  states: readonly StatementRow['state'][],
  except: string,
): Promise<StatementRow[]> {
  return db
    .selectFrom('statements')
    .selectAll()
    .where('subject_id', '=', subjectId)
    .where('kind', '=', kind)
    .where('state', 'in', states)
    .where('digest', '<>', except)
    .execute();
}

/** How many statements live, or may come to live, in a role. */
export async function livingIn(db: Queries, role: string): Promise<number> {
  const { living } = await db
    .selectFrom('statements')
    .select((eb) => eb.fn.countAll<number | string | bigint>().as('living'))
    .where('role', '=', role)
    .where('state', 'in', ['proposed', 'approved', 'published'])
    .executeTakeFirstOrThrow();
  return Number(living);
}

export async function insertStatement(tx: Tx, row: Insertable<StatementsTable>): Promise<void> {
  await tx.insertInto('statements').values(row).execute();
}

export async function updateStatement(
  tx: Tx,
  digest: string,
  change: Updateable<StatementsTable>,
): Promise<void> {
  await tx.updateTable('statements').set(change).where('digest', '=', digest).execute();
}

export async function insertList(
  tx: Tx,
  list: Insertable<ApprovalListsTable>,
  statements: readonly string[],
): Promise<void> {
  await tx.insertInto('approval_lists').values(list).execute();
  const items = statements.map((statement_digest, position) => ({
    list_id: list.id,
    position,
    statement_digest,
  }));
  await tx.insertInto('approval_list_items').values(items).execute();
}

export async function listOfToken(db: Queries, tokenDigest: string): Promise<ListRow | undefined> {
  return db
    .selectFrom('approval_lists')
    .selectAll()
    .where('token_digest', '=', tokenDigest)
    .executeTakeFirst();
}

/** The statements of a list, in their order. */
export async function listStatements(db: Queries, listId: string): Promise<StatementRow[]> {
  return db
    .selectFrom('approval_list_items')
    .innerJoin('statements', 'statements.digest', 'approval_list_items.statement_digest')
    .selectAll('statements')
    .where('approval_list_items.list_id', '=', listId)
    .orderBy('approval_list_items.position')
    .execute();
}

export async function useList(tx: Tx, listId: string, usedAt: string): Promise<void> {
  await tx.updateTable('approval_lists').set({ used_at: usedAt }).where('id', '=', listId).execute();
}

export async function approvalsOf(db: Queries, digest: string): Promise<ApprovalRow[]> {
  return db
    .selectFrom('approvals')
    .selectAll()
    .where('statement_digest', '=', digest)
    .orderBy('created_at')
    .orderBy('approver_id')
    .execute();
}

export async function insertApproval(tx: Tx, row: Insertable<ApprovalsTable>): Promise<void> {
  await tx.insertInto('approvals').values(row).execute();
}

/** For each subject its newest statement, but for those that were replaced. */
export async function newestStatements(
  db: Queries,
  kind: StatementRow['kind'],
  subjectIds: readonly string[],
): Promise<StatementRow[]> {
  const newest = new Map<string, StatementRow>();
  for (let at = 0; at < subjectIds.length; at += 500) {
    const rows = await db
      .selectFrom('statements')
      .selectAll()
      .where('subject_id', 'in', subjectIds.slice(at, at + 500))
      .where('kind', '=', kind)
      .where('state', '<>', 'superseded')
      .orderBy('issued')
      .orderBy('created_at')
      .execute();
    for (const row of rows) newest.set(row.subject_id, row);
  }
  return [...newest.values()];
}

export async function approvalsOfMany(
  db: Queries,
  digests: readonly string[],
): Promise<Pick<ApprovalRow, 'statement_digest' | 'approver_id' | 'created_at'>[]> {
  const found = [];
  for (let at = 0; at < digests.length; at += 500) {
    found.push(
      ...(await db
        .selectFrom('approvals')
        .select(['statement_digest', 'approver_id', 'created_at'])
        .where('statement_digest', 'in', digests.slice(at, at + 500))
        .orderBy('created_at')
        .execute()),
    );
  }
  return found;
}
