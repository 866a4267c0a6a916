import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { beginFlow, endFlow } from './begin-flow.ts';
import { openInvitation } from './open-invitation.ts';
import type { RegistrationInput } from './passkey-input.ts';
import { registrationOptions, verifyRegistration } from './passkeys.ts';
import { startSession } from './start-session.ts';
import { credentialById, insertCredential, insertPerson, setInvitationUsed } from './store.ts';
import { tokenDigest } from './token.ts';

/**
 * What the browser needs to make the new person's passkey.
 * @throws Problem invitation_unknown, invitation_used, invitation_over
 */
export async function invitationOptions(context: Context, token: string, name: string, now: number) {
  await openInvitation(context.db, token, now);
  const personId = newId('u', context.random);
  const flow = await beginFlow(
    context,
    { kind: 'invitation', invitation: tokenDigest(token), person_id: personId },
    now,
  );
  const options = await registrationOptions({
    rpId: new URL(context.config.origin).hostname,
    rpName: context.repository.vendor.name,
    userId: new TextEncoder().encode(personId),
    userName: name,
    challenge: flow.challenge,
  });
  return { flow: flow.id, options };
}

/**
 * Accepts an invitation with a new passkey: the person exists from then on, and is signed in.
 * @returns the session's token
 * @throws Problem invitation_unknown, invitation_used, invitation_over, flow_over, passkey_refused, passkey_exists
 */
export async function acceptInvitation(
  context: Context,
  input: {
    readonly token: string;
    readonly flow: string;
    readonly name: string;
    readonly response: RegistrationInput;
  },
  now: number,
): Promise<string> {
  // The challenge is used up in a transaction of its own, so that a failed answer cannot be tried again.
  const flow = await transaction(context.db, (tx) => endFlow(tx, input.flow, 'invitation', now));
  if (flow.invitation !== tokenDigest(input.token) || flow.person_id === null) {
    throw new Problem('flow_over', 'This attempt belongs to another invitation. Please begin again.');
  }
  const personId = flow.person_id;
  const passkey = await verifyRegistration(input.response, {
    challenge: flow.challenge,
    origin: context.config.origin,
    rpId: new URL(context.config.origin).hostname,
  });
  return transaction(context.db, async (tx) => {
    const invitation = await openInvitation(tx, input.token, now);
    if ((await credentialById(tx, passkey.id)) !== undefined) {
      throw new Problem('passkey_exists', 'This passkey belongs to somebody already.');
    }
    const at = timeOf(now);
    await setInvitationUsed(tx, invitation.token_digest, at);
    await insertPerson(tx, {
      id: personId,
      name: input.name,
      role: invitation.kind,
      partner_id: invitation.partner_id,
      created_at: at,
      last_seen_at: at,
      left_at: null,
    });
    await insertCredential(tx, {
      id: passkey.id,
      person_id: personId,
      public_key: passkey.publicKey,
      counter: passkey.counter,
      transports_json: JSON.stringify(passkey.transports),
      created_at: at,
      last_used_at: null,
    });
    await appendAudit(tx, {
      now,
      actor: personId,
      action: 'person.enrol',
      subject: personId,
      detail: { name: input.name, role: invitation.kind },
    });
    return startSession(tx, context, personId, now);
  });
}
