import { canonicalText, timeOf, type RevocationSubject } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { newId } from '../ids.ts';
import { insertRevocation } from './store.ts';

/**
 * Writes a revocation of everything about its subject that was issued until `now` (Unix seconds). The next publication
 * carries it; what it covers is the caller's to mark. Gives its id.
 */
export async function addRevocation(
  tx: Tx,
  context: Context,
  { subject, reason, actor, now }: { subject: RevocationSubject; reason: string; actor: string; now: number },
): Promise<string> {
  const id = newId('r', context.random);
  const at = timeOf(now);
  await insertRevocation(tx, {
    id,
    subject: canonicalText(subject),
    through: at,
    reason,
    created_by: actor,
    created_at: at,
    published_version: null,
  });
  return id;
}
