import { Migrator } from 'kysely/migration';

import type { Db } from './database.ts';
import { MIGRATIONS } from './migrations.ts';

/**
 * Brings the tables to the newest form, each step once and in order.
 * @throws Error with a sentence when a step fails, or when the database comes from a newer portal
 */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find((result) => result.status === 'Error')?.migrationName;
  const why = error instanceof Error ? error.message : 'for no reason that it gave';
  throw new Error(
    `The database cannot be brought up to date${failed === undefined ? '' : ` (step ${failed})`}: ${why}.`,
    { cause: error },
  );
}
