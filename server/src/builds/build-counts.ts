import type { Db } from '../database/database.ts';
import { countByApp } from './store.ts';

export interface BuildCounts {
  readonly builds: number;
  readonly published: number;
  readonly waiting: number;
}

/** How many builds each app has, by the app's id: all apps, or one partner's. */
export async function buildCounts(
  db: Db,
  partnerId: string | null,
): Promise<ReadonlyMap<string, BuildCounts>> {
  const counts = new Map<string, BuildCounts>();
  for (const { app_id, state, n } of await countByApp(db, partnerId)) {
    const { builds, published, waiting } = counts.get(app_id) ?? { builds: 0, published: 0, waiting: 0 };
    counts.set(app_id, {
      builds: builds + n,
      published: published + (state === 'published' ? n : 0),
      waiting: waiting + (state === 'waiting' ? n : 0),
    });
  }
  return counts;
}
