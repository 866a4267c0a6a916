import { canonicalText, timeOf, type RevocationSubject } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { newId } from '../ids.ts';
import { insertRevocation } from './store.ts';

export interface NewRevocation {
  readonly subject: RevocationSubject;
  readonly reason: string;
  readonly actor: string;
  /** Unix seconds. */
  readonly now: number;
  /** Everything about the subject that was issued until then is void; Unix seconds. */
  readonly through: number;
}

/** Writes a revocation. The next publication carries it; what it covers is the caller's to mark. Gives its id. */
export async function addRevocation(
  tx: Tx,
  context: Context,
  { subject, reason, actor, now, through }: NewRevocation,
): Promise<string> {
  const id = newId('r', context.random);
  await insertRevocation(tx, {
    id,
    subject: canonicalText(subject),
    through: timeOf(through),
    reason,
    created_by: actor,
    created_at: timeOf(now),
    published_version: null,
  });
  return id;
}
