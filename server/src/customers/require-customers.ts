import type { Queries } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { knownCustomers } from './store.ts';

/** Insists that these customers exist. @throws Problem customer_unknown */
export async function requireCustomers(db: Queries, customers: 'all' | readonly string[]): Promise<void> {
  if (customers === 'all') return;
  const known = new Set(await knownCustomers(db, customers));
  const unknown = customers.find((id) => !known.has(id));
  if (unknown !== undefined) throw new Problem('customer_unknown', `There is no customer ${unknown}.`);
}
