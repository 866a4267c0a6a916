import Sqlite from 'better-sqlite3';
import { SqliteDialect } from 'kysely';

/**
 * The dialect of a database file, made if absent. Write-ahead log, and every commit is synced: what was acknowledged
 * survives a power cut.
 * @throws Error with a sentence when the file is not a readable database
 */
export function openSqlite(path: string): SqliteDialect {
  try {
    const database = new Sqlite(path, { timeout: 10_000 });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    const [first] = database.pragma('quick_check(1)') as { quick_check: string }[];
    if (first?.quick_check !== 'ok') throw new Error(first?.quick_check ?? 'no answer');
    return new SqliteDialect({ database });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `The database ${path} cannot be used (${why}). Restore it from a backup, or begin anew with another data folder.`,
      { cause: error },
    );
  }
}

/**
 * Holds a lock that the operating system takes away when this process ends, however it ends.
 * @returns what gives it back
 * @throws Error when another process holds it
 */
export function holdLock(path: string): () => void {
  const lock = new Sqlite(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    throw error;
  }
  return () => lock.close();
}
