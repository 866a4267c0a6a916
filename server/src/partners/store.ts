import type { Db, Insertable, Selectable, Tx } from '../database/database.ts';
import type { PartnersTable } from '../database/tables.ts';

export type PartnerRecord = Selectable<PartnersTable>;

export async function partnerById(db: Db, id: string): Promise<PartnerRecord | undefined> {
  return db.selectFrom('partners').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function partnerByName(db: Db, name: string): Promise<PartnerRecord | undefined> {
  return db.selectFrom('partners').selectAll().where('name', '=', name).executeTakeFirst();
}

export async function allPartners(db: Db): Promise<PartnerRecord[]> {
  return db.selectFrom('partners').selectAll().orderBy('name').orderBy('id').execute();
}

export async function insertPartner(tx: Tx, row: Insertable<PartnersTable>): Promise<void> {
  await tx.insertInto('partners').values(row).execute();
}

/** How many rows of a table each partner has. */
export async function countsByPartner(
  db: Db,
  table: 'apps' | 'builds' | 'people',
): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom(table)
    .select((eb) => ['partner_id', eb.fn.countAll<number>().as('n')])
    .where('partner_id', 'is not', null)
    .groupBy('partner_id')
    .execute();
  return new Map(rows.map((row) => [row.partner_id ?? '', Number(row.n)]));
}
