import type { Db, Insertable, Selectable, Tx } from '../database/database.ts';
import type { AuditTable } from '../database/tables.ts';

export type AuditRow = Selectable<AuditTable>;

export async function lastAct(db: Db): Promise<AuditRow | undefined> {
  return db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(1).executeTakeFirst();
}

export async function insertAct(tx: Tx, row: Insertable<AuditTable>): Promise<void> {
  await tx.insertInto('audit').values(row).execute();
}

/** At most `limit` acts older than `before`, newest first. */
export async function actsBefore(db: Db, before: number | null, limit: number): Promise<AuditRow[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(limit);
  if (before !== null) query = query.where('seq', '<', before);
  return query.execute();
}

/** At most `limit` acts after `after`, oldest first. */
export async function actsAfter(db: Db, after: number, limit: number): Promise<AuditRow[]> {
  return db.selectFrom('audit').selectAll().where('seq', '>', after).orderBy('seq').limit(limit).execute();
}
