import type { Db } from '../database/database.ts';

/** Every version that was ever in force. */
export async function publishedVersions(db: Db): Promise<number[]> {
  const rows = await db
    .selectFrom('publications')
    .select('version')
    .where('state', '=', 'published')
    .orderBy('version')
    .execute();
  return rows.map(({ version }) => version);
}
