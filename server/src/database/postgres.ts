import { PostgresDialect } from 'kysely';
import pg from 'pg';

const INT8 = 20;

/**
 * The dialect of a PostgreSQL database named by a URL.
 * @throws Error with a sentence when it does not answer
 */
export async function openPostgres(url: string): Promise<PostgresDialect> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    types: {
      // Lengths and counts are below 2^53; pg would hand them over as text.
      getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
        oid === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
    },
  });
  // An idle connection that the server closes must not end the portal: the next query opens another.
  pool.on('error', () => {});
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    const why = error instanceof Error && error.message !== '' ? error.message : 'no answer';
    throw new Error(`The database that DATABASE_URL names cannot be reached (${why}).`, { cause: error });
  }
  return new PostgresDialect({ pool });
}
