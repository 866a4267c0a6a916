import type { Db } from '../database/database.ts';
import { countActiveAdmins } from './store.ts';

/** Whether there is an admin who can sign in. */
export async function hasPeople(db: Db): Promise<boolean> {
  return (await countActiveAdmins(db)) > 0;
}
