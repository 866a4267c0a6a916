import type { Db, Insertable, Tx } from '../database/database.ts';
import type { AppsTable } from '../database/tables.ts';

export type AppRecord = NonNullable<Awaited<ReturnType<typeof appById>>>;

function joined(db: Db) {
  return db
    .selectFrom('apps')
    .innerJoin('partners', 'partners.id', 'apps.partner_id')
    .selectAll('apps')
    .select('partners.name as partner_name');
}

export async function appById(db: Db, id: string) {
  return joined(db).where('apps.id', '=', id).executeTakeFirst();
}

export async function appBySlug(db: Db, partnerId: string, slug: string) {
  return joined(db).where('apps.partner_id', '=', partnerId).where('apps.slug', '=', slug).executeTakeFirst();
}

/** All apps, or one partner's. */
export async function findApps(db: Db, partnerId: string | null): Promise<AppRecord[]> {
  let query = joined(db).orderBy('partners.name').orderBy('apps.name').orderBy('apps.id');
  if (partnerId !== null) query = query.where('apps.partner_id', '=', partnerId);
  return query.execute();
}

export async function insertApp(tx: Tx, row: Insertable<AppsTable>): Promise<void> {
  await tx.insertInto('apps').values(row).execute();
}

/** How many apps there are: of everybody, or of one partner. */
export async function countApps(db: Db, partnerId: string | null): Promise<number> {
  let query = db.selectFrom('apps').select((eb) => eb.fn.countAll<number>().as('n'));
  if (partnerId !== null) query = query.where('partner_id', '=', partnerId);
  return Number((await query.executeTakeFirstOrThrow()).n);
}
