import type { Db } from '../database/database.ts';
import { namesOf } from './store.ts';

/** The names of these people, by id; the same id may occur often, and null for the portal itself. */
export async function personNames(
  db: Db,
  ids: Iterable<string | null>,
): Promise<ReadonlyMap<string, string>> {
  const distinct = new Set<string>();
  for (const id of ids) if (id !== null) distinct.add(id);
  return distinct.size === 0 ? new Map() : namesOf(db, [...distinct]);
}
