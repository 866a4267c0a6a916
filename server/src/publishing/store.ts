import type { Insertable, Queries, Selectable, Tx, Updateable } from '../database/database.ts';
import type { PublicationsTable, RolesTable, StatementsTable } from '../database/tables.ts';

export type RoleRow = Selectable<RolesTable>;
export type PublicationRow = Selectable<PublicationsTable>;
export type StatementRow = Selectable<StatementsTable>;

// --- roles

export async function allRoles(db: Queries): Promise<RoleRow[]> {
  return db.selectFrom('roles').selectAll().execute();
}

export async function roleRow(db: Queries, role: string): Promise<RoleRow | undefined> {
  return db.selectFrom('roles').selectAll().where('role', '=', role).executeTakeFirst();
}

export async function rolesEndingBefore(db: Queries, time: string): Promise<string[]> {
  const rows = await db.selectFrom('roles').select('role').where('expires', '<', time).execute();
  return rows.map(({ role }) => role);
}

export async function putRole(tx: Tx, row: Insertable<RolesTable>): Promise<void> {
  const { role: _role, ...rest } = row;
  await tx
    .insertInto('roles')
    .values(row)
    .onConflict((conflict) => conflict.column('role').doUpdateSet(rest))
    .execute();
}

// --- publications

export async function newestPublished(db: Queries): Promise<PublicationRow | undefined> {
  return db
    .selectFrom('publications')
    .selectAll()
    .where('state', '=', 'published')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
}

export async function highestVersion(db: Queries): Promise<number> {
  const row = await db
    .selectFrom('publications')
    .select('version')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.version ?? 0;
}

export async function publicationOf(db: Queries, version: number): Promise<PublicationRow | undefined> {
  return db.selectFrom('publications').selectAll().where('version', '=', version).executeTakeFirst();
}

/** Published versions, newest first. */
export async function publishedBefore(db: Queries, before: number, limit: number): Promise<PublicationRow[]> {
  return db
    .selectFrom('publications')
    .selectAll()
    .where('state', '=', 'published')
    .where('version', '<', before)
    .orderBy('version', 'desc')
    .limit(limit)
    .execute();
}

export async function insertPublication(tx: Tx, row: Insertable<PublicationsTable>): Promise<void> {
  await tx.insertInto('publications').values(row).execute();
}

export async function updatePublication(
  tx: Tx,
  version: number,
  change: Updateable<PublicationsTable>,
): Promise<void> {
  await tx.updateTable('publications').set(change).where('version', '=', version).execute();
}

/** Attempts that a crash ended. */
export async function failReserved(tx: Tx): Promise<number[]> {
  const rows = await tx
    .updateTable('publications')
    .set({ state: 'failed' })
    .where('state', '=', 'reserved')
    .returning('version')
    .execute();
  return rows.map(({ version }) => version);
}

// --- statements

/** Roles that a publication has to make anew: something enters, or something leaves. */
export async function changedRoles(db: Queries): Promise<string[]> {
  const entering = await db
    .selectFrom('statements')
    .select('role')
    .distinct()
    .where('state', '=', 'approved')
    .execute();
  const leaving = await db
    .selectFrom('statements')
    .select('role')
    .distinct()
    .where('listed_since', 'is not', null)
    .where('state', 'in', ['proposed', 'superseded', 'revoked', 'withdrawn'])
    .execute();
  return [...new Set([...entering, ...leaving].map(({ role }) => role))];
}

/** What shall stand in a role: its statements that are approved, each with its approvals. */
export async function listedIn(
  db: Queries,
  role: string,
): Promise<{ readonly row: StatementRow; readonly approvals: string[] }[]> {
  const rows = await db
    .selectFrom('statements')
    .selectAll()
    .where('role', '=', role)
    .where('state', 'in', ['approved', 'published'])
    .orderBy('path')
    .execute();
  if (rows.length === 0) return [];
  const given = await db
    .selectFrom('approvals')
    .innerJoin('statements', 'statements.digest', 'approvals.statement_digest')
    .select(['approvals.statement_digest', 'approvals.approval_json'])
    .where('statements.role', '=', role)
    .where('statements.state', 'in', ['approved', 'published'])
    .orderBy('approvals.approver_id')
    .execute();
  const approvals = new Map<string, string[]>(rows.map(({ digest }) => [digest, []]));
  for (const { statement_digest, approval_json } of given)
    approvals.get(statement_digest)?.push(approval_json);
  return rows.map((row) => ({ row, approvals: approvals.get(row.digest) ?? [] }));
}

/** Statements in the allowlist that shall stand in it no longer. */
export async function leavingIn(db: Queries, roles: readonly string[]): Promise<StatementRow[]> {
  if (roles.length === 0) return [];
  return db
    .selectFrom('statements')
    .selectAll()
    .where('role', 'in', roles)
    .where('listed_since', 'is not', null)
    .where('state', 'in', ['proposed', 'superseded', 'revoked', 'withdrawn'])
    .execute();
}

/** Notes that these stand in the allowlist since `version`. */
export async function setListed(tx: Tx, digests: readonly string[], version: number): Promise<void> {
  for (const some of inChunks(digests)) {
    await tx.updateTable('statements').set({ listed_since: version }).where('digest', 'in', some).execute();
    // Somebody may have revoked one while it was being published: then the next publication takes it out.
    await tx
      .updateTable('statements')
      .set({ state: 'published' })
      .where('digest', 'in', some)
      .where('state', '=', 'approved')
      .execute();
  }
}

/** What those of these statements are about that are in a state. */
export async function subjectsIn(
  tx: Tx,
  state: StatementRow['state'],
  digests: readonly string[],
): Promise<string[]> {
  const subjects: string[] = [];
  for (const some of inChunks(digests)) {
    const rows = await tx
      .selectFrom('statements')
      .select('subject_id')
      .where('digest', 'in', some)
      .where('state', '=', state)
      .execute();
    subjects.push(...rows.map(({ subject_id }) => subject_id));
  }
  return subjects;
}

export async function setUnlisted(tx: Tx, digests: readonly string[]): Promise<void> {
  for (const some of inChunks(digests)) {
    await tx.updateTable('statements').set({ listed_since: null }).where('digest', 'in', some).execute();
  }
}

/** Statements in the allowlist, or about to enter it, that one of these people has approved. */
export async function approvedBy(
  db: Queries,
  people: readonly string[],
): Promise<{ digest: string; role: string }[]> {
  if (people.length === 0) return [];
  return db
    .selectFrom('approvals')
    .innerJoin('statements', 'statements.digest', 'approvals.statement_digest')
    .select(['statements.digest', 'statements.role'])
    .distinct()
    .where('approvals.approver_id', 'in', people)
    .where('statements.state', 'in', ['approved', 'published'])
    .execute();
}

/** Every role that has something in it, or will have. */
export async function standingRoles(db: Queries): Promise<string[]> {
  const rows = await db
    .selectFrom('statements')
    .select('role')
    .distinct()
    .where('state', 'in', ['approved', 'published'])
    .execute();
  return rows.map(({ role }) => role);
}

/** Approvals are missing: people have to approve it (again). */
export async function setProposed(tx: Tx, digests: readonly string[]): Promise<void> {
  for (const some of inChunks(digests)) {
    await tx
      .updateTable('statements')
      .set({ state: 'proposed', approved_at: null, listed_since: null })
      .where('digest', 'in', some)
      .where('state', 'in', ['approved', 'published'])
      .execute();
  }
}

/** The longest that a server may go without a new bundle under what has been sold and lasts at `now`, in seconds. */
export async function longestSold(db: Queries, now: string): Promise<number> {
  const row = await db
    .selectFrom('statements')
    .select((eb) => eb.fn.max('offline_seconds').as('longest'))
    .where('kind', 'in', ['licence', 'grant'])
    .where('state', 'in', ['approved', 'published'])
    .where('expires', '>', now)
    .executeTakeFirst();
  return Number(row?.longest ?? 0);
}

/** The licences in the allowlist, each under its customer's role. */
export async function listedLicenses(db: Queries): Promise<{ role: string; statement: string }[]> {
  return db
    .selectFrom('statements')
    .select(['role', 'statement'])
    .where('kind', '=', 'licence')
    .where('state', '=', 'published')
    .where('listed_since', 'is not', null)
    .orderBy('role')
    .execute();
}

/** A customer's licence in the allowlist. */
export async function licenseInForce(
  db: Queries,
  customerId: string,
): Promise<{ statement: string } | undefined> {
  return db
    .selectFrom('statements')
    .select('statement')
    .where('role', '=', customerId)
    .where('kind', '=', 'licence')
    .where('listed_since', 'is not', null)
    .where('state', '=', 'published')
    .executeTakeFirst();
}

/** How much is in the allowlist: entries, and partners and customers with something in it. */
export async function countListed(
  db: Queries,
): Promise<{ entries: number; partners: number; customers: number }> {
  const rows = await db.selectFrom('roles').select(['role', 'listed']).where('listed', '>', 0).execute();
  const partners = rows.filter(({ role }) => role.startsWith('p-'));
  return {
    entries: partners.reduce((sum, { listed }) => sum + listed, 0),
    partners: new Set(partners.map(({ role }) => role.slice(0, 28))).size,
    customers: rows.filter(({ role }) => role.startsWith('c-')).length,
  };
}

export async function countPublished(db: Queries): Promise<number> {
  const { published } = await db
    .selectFrom('publications')
    .select((eb) => eb.fn.countAll<number | string | bigint>().as('published'))
    .where('state', '=', 'published')
    .executeTakeFirstOrThrow();
  return Number(published);
}

/** A query has room for so many values. */
function inChunks(values: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let at = 0; at < values.length; at += 500) chunks.push(values.slice(at, at + 500));
  return chunks;
}
