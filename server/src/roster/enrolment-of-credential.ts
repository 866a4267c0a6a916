import type { Queries } from '../database/database.ts';
import { credentialOwner } from './store.ts';

/** Who enrolled this approval passkey, whether the roster lists it or not. */
export async function enrolmentOfCredential(
  db: Queries,
  credentialId: string,
): Promise<{ readonly name: string } | undefined> {
  return credentialOwner(db, credentialId);
}
