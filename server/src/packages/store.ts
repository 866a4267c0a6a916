import type { Insertable, Queries, Selectable, Tx } from '../database/database.ts';
import type { PackagesTable } from '../database/tables.ts';

export type PackageRow = Selectable<PackagesTable>;

/** Every package, oldest first. */
export async function allPackages(db: Queries): Promise<PackageRow[]> {
  return db.selectFrom('packages').selectAll().orderBy('created_at').orderBy('version').execute();
}

export async function insertPackage(tx: Tx, row: Insertable<PackagesTable>): Promise<void> {
  await tx.insertInto('packages').values(row).execute();
}
