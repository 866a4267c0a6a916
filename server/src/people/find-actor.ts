import { secondsOf, timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Actor } from '../http/route.ts';
import { sessionWithPerson, setSeen } from './store.ts';
import { tokenDigest } from './token.ts';

/** "Last seen" is written at most this often, in seconds: reading should not write. */
const SEEN_EVERY = 300;

/** The person to whom a session token belongs; null when it is unknown or over, or the person has left. */
export async function findActor(context: Context, token: string, now: number): Promise<Actor | null> {
  const digest = tokenDigest(token);
  const session = await sessionWithPerson(context.db, digest);
  if (session === undefined || session.left_at !== null || session.expires_at <= timeOf(now)) return null;
  if (now - secondsOf(session.seen_at) >= SEEN_EVERY)
    await setSeen(context.db, digest, session.id, timeOf(now));
  return { id: session.id, name: session.name, role: session.role, partnerId: session.partner_id };
}
