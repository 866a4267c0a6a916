import { timeOf } from '@appwarrant/verifier/formats';

import type { Db } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { invitationByDigest, type InvitationRecord } from './store.ts';
import { tokenDigest } from './token.ts';

/**
 * The invitation of a link, as long as it can be accepted.
 * @throws Problem invitation_unknown, invitation_used, invitation_over
 */
export async function openInvitation(db: Db, token: string, now: number): Promise<InvitationRecord> {
  const invitation = await invitationByDigest(db, tokenDigest(token));
  if (invitation === undefined) {
    throw new Problem('invitation_unknown', 'This link is not known here: ask for a new one.');
  }
  if (invitation.used_at !== null) {
    throw new Problem(
      'invitation_used',
      'Somebody has accepted this invitation. If it was not you, tell an admin.',
    );
  }
  if (invitation.expires_at <= timeOf(now)) {
    throw new Problem(
      'invitation_over',
      `This invitation ended at ${invitation.expires_at}: ask for a new one.`,
    );
  }
  return invitation;
}
