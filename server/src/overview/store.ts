import type { Db } from '../database/database.ts';

/** Whether a verifier package was ever made. */
export async function hasPackage(db: Db): Promise<boolean> {
  return (await db.selectFrom('packages').select('id').limit(1).executeTakeFirst()) !== undefined;
}
