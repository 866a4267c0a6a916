import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { beginFlow, endFlow } from './begin-flow.ts';
import type { AssertionInput } from './passkey-input.ts';
import { signInOptions, verifySignIn } from './passkeys.ts';
import { startSession } from './start-session.ts';
import { credentialById, personById, setCredentialUsed } from './store.ts';

/** What the browser needs to sign in with any passkey of this site. */
export async function beginSignIn(context: Context, now: number) {
  const flow = await beginFlow(context, { kind: 'sign-in', invitation: null, person_id: null }, now);
  const options = await signInOptions({
    rpId: new URL(context.config.origin).hostname,
    challenge: flow.challenge,
  });
  return { flow: flow.id, options };
}

/**
 * Signs a person in.
 * @returns the session's token
 * @throws Problem flow_over, passkey_unknown, passkey_refused, person_left
 */
export async function signIn(
  context: Context,
  input: { readonly flow: string; readonly response: AssertionInput },
  now: number,
): Promise<string> {
  const flow = await transaction(context.db, (tx) => endFlow(tx, input.flow, 'sign-in', now));
  const passkey = await credentialById(context.db, input.response.id);
  if (passkey === undefined) {
    throw new Problem('passkey_unknown', 'Choose another passkey, or ask an admin for an invitation.');
  }
  const counter = await verifySignIn(
    input.response,
    {
      challenge: flow.challenge,
      origin: context.config.origin,
      rpId: new URL(context.config.origin).hostname,
    },
    { id: passkey.id, publicKey: passkey.public_key, counter: passkey.counter, transports: [] },
  );
  return transaction(context.db, async (tx) => {
    const person = await personById(tx, passkey.person_id);
    if (person === undefined || person.left_at !== null) {
      throw new Problem('person_left', 'Your access has ended. An admin can invite you again.');
    }
    await setCredentialUsed(tx, passkey.id, counter, timeOf(now));
    await appendAudit(tx, { now, actor: person.id, action: 'person.sign-in', subject: person.id });
    return startSession(tx, context, person.id, now);
  });
}
