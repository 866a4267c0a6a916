import { secondsOf, type Statement } from '@appwarrant/verifier/formats';

import type { Queries } from '../database/database.ts';
import { tokenDigest } from '../people/token.ts';
import { Problem } from '../problem.ts';
import { storedStatement } from './stored-statement.ts';
import { listOfToken, listStatements, type ListRow, type StatementRow } from './store.ts';

/** A list whose link still works. */
export interface OpenList {
  readonly row: ListRow;
  readonly statements: readonly { readonly row: StatementRow; readonly statement: Statement }[];
}

/**
 * The list that a link's token names, or null where the token names no list.
 * @throws Problem list_over once it is used, or too old
 */
export async function openList(db: Queries, token: string, now: number): Promise<OpenList | null> {
  const row = await listOfToken(db, tokenDigest(token));
  if (row === undefined) return null;
  if (row.used_at !== null)
    throw new Problem('list_over', 'An approval has been given under this link. Open a new one.');
  if (secondsOf(row.expires_at) <= now)
    throw new Problem('list_over', 'This link is too old. Open a new one.');
  const rows = await listStatements(db, row.id);
  return { row, statements: rows.map((item) => ({ row: item, statement: storedStatement(item) })) };
}
