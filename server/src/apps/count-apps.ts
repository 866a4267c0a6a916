import type { Db } from '../database/database.ts';
import { countApps as count } from './store.ts';

/** How many apps there are: of everybody, or of one partner. */
export async function countApps(db: Db, partnerId: string | null): Promise<number> {
  return count(db, partnerId);
}
