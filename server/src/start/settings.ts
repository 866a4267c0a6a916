import type { Db, Tx } from '../database/database.ts';

/** The facts of which there is one each. */
export type SettingName =
  'registry' | 'environment' | 'vendor_name' | 'vendor_slug' | 'development_customer' | 'sample';

/** A setting's value; undefined where it was never set. */
export async function readSetting(db: Db, name: SettingName): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value;
}

/** Sets a setting that was not set before; to change one is another matter. */
export async function addSetting(tx: Tx, name: SettingName, value: string): Promise<void> {
  await tx.insertInto('settings').values({ name, value }).execute();
}
