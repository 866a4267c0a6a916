import { timeOf } from '@appwarrant/verifier/formats';

import type { LinkAnswer } from '../api-types.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { partnerName } from '../partners/partner-name.ts';
import { Problem } from '../problem.ts';
import { dropFirstInvitations, insertInvitation } from './store.ts';
import { newToken, tokenDigest } from './token.ts';

/** How long an invitation waits, in seconds. */
const LIFETIME = 3 * 86_400;

export type Invitee =
  | { readonly kind: 'admin'; readonly name: string }
  | { readonly kind: 'partner'; readonly name: string; readonly partnerId: string };

/**
 * Invites a person: makes a one-time link, of which the database keeps a digest only. `actor` null: the first start
 * does it, and any earlier link of a first start ends.
 * @throws Problem partner_unknown
 */
export async function invite(
  context: Context,
  invitee: Invitee,
  { actor, now }: { readonly actor: string | null; readonly now: number },
): Promise<LinkAnswer> {
  const token = newToken(context.random);
  const expires = timeOf(now + LIFETIME);
  await transaction(context.db, async (tx) => {
    const partnerId = invitee.kind === 'partner' ? invitee.partnerId : null;
    if (partnerId !== null && (await partnerName(tx, partnerId)) === undefined) {
      throw new Problem('partner_unknown', 'There is no such partner; perhaps it was just being made.');
    }
    if (actor === null) await dropFirstInvitations(tx);
    await insertInvitation(tx, {
      token_digest: tokenDigest(token),
      kind: invitee.kind,
      name: invitee.name,
      partner_id: partnerId,
      created_by: actor,
      created_at: timeOf(now),
      expires_at: expires,
      used_at: null,
    });
    await appendAudit(tx, {
      now,
      actor,
      action: 'person.invite',
      subject: partnerId,
      detail: { kind: invitee.kind, name: invitee.name },
    });
  });
  // The fragment is sent to no server: the link leaves no trace in logs on the way.
  return { link: `${context.config.origin}/invitation#${token}`, expires };
}
