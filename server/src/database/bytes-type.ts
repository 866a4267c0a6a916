import { PostgresAdapter, sql, type Kysely, type RawBuilder } from 'kysely';

/** The column type for bytes, for migrations: the one type whose name differs between the two databases. */
export function bytesType(db: Kysely<unknown>): RawBuilder<unknown> {
  return db.getExecutor().adapter instanceof PostgresAdapter ? sql`bytea` : sql`blob`;
}
