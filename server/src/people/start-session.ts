import { timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { dropOldSessions, insertSession } from './store.ts';
import { newToken, tokenDigest } from './token.ts';

/** How long a session lasts, in seconds. */
export const SESSION_SECONDS = 7 * 86_400;

/** Starts a session and gives its token, of which the database keeps a digest only. */
export async function startSession(tx: Tx, context: Context, personId: string, now: number): Promise<string> {
  const token = newToken(context.random);
  await dropOldSessions(tx, timeOf(now));
  await insertSession(tx, {
    token_digest: tokenDigest(token),
    person_id: personId,
    created_at: timeOf(now),
    seen_at: timeOf(now),
    expires_at: timeOf(now + SESSION_SECONDS),
  });
  return token;
}
