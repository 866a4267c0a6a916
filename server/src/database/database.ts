// The one door to Kysely: a database that is SQLite or PostgreSQL, with the same queries on both.

import { Kysely, sql, type Transaction } from 'kysely';

import type { Tables } from './tables.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

export { sql };
export type { Insertable, Selectable, Updateable } from 'kysely';

/** A database, or a transaction in it: what queries that read accept. */
export type Db = Kysely<Tables>;

/** The same, for what only reads: a database or a transaction in it. */
export type Queries = Db;

/** A transaction: what queries that write accept. */
export type Tx = Transaction<Tables>;

export type DatabasePlace =
  { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string };

const kinds = new WeakMap<object, DatabasePlace['kind']>();

/**
 * Opens a database; its tables are made by `migrate`.
 * @throws Error with a sentence when the file is not a database, or the server does not answer
 */
export async function openDatabase(place: DatabasePlace): Promise<Db> {
  const dialect = place.kind === 'sqlite' ? openSqlite(place.path) : await openPostgres(place.url);
  const db = new Kysely<Tables>({ dialect });
  kinds.set(db, place.kind);
  return db;
}

/** Any number that only AppWarrant's transactions lock. */
const LOCK = 4_277_009_102;

/**
 * Does `work` in one transaction, and one at a time: on SQLite by its single connection, on PostgreSQL by a lock held
 * until the end. So a rule may read, decide and write without another writer in between. Inside, use only `tx`: a
 * query on `db` would wait for the transaction that it is in.
 */
export async function transaction<Result>(db: Db, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(async (tx) => {
    if (kinds.get(db) === 'postgres') await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
    return work(tx);
  });
}
