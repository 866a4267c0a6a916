import {
  canonicalText,
  secondsOf,
  sha256,
  thumbprint,
  timeOf,
  toBase64url,
} from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction, type Queries } from '../database/database.ts';
import { credentialKey, verifyRegistration } from '../people/passkeys.ts';
import { tokenDigest } from '../people/token.ts';
import { Problem } from '../problem.ts';
import {
  credentialIsKnown,
  enrolmentOfToken,
  insertCredential,
  person,
  useEnrolment,
  type EnrolmentRow,
} from './store.ts';

/** What the approving page sends once a passkey is made. The byte strings are base64url. */
export interface NewApprovalPasskey {
  readonly credentialId: string;
  readonly attestationObject: string;
  readonly clientDataJSON: string;
}

export interface Enrolled {
  readonly person: { readonly id: string; readonly name: string };
  /** RFC 7638 thumbprint of the new key, to be compared with what the approving page computed. */
  readonly fingerprint: string;
}

const CHALLENGE = new TextEncoder().encode('appwarrant/enrolment/1\0');

/**
 * The enrolment that a link's token names, or null where it names none.
 * @throws Problem enrolment_over once it is used, or too old
 */
export async function openEnrolment(
  db: Queries,
  token: string,
  now: number,
): Promise<{
  readonly row: EnrolmentRow;
  readonly person: { readonly id: string; readonly name: string };
} | null> {
  const row = await enrolmentOfToken(db, tokenDigest(token));
  if (row === undefined) return null;
  if (row.used_at !== null)
    throw new Problem('enrolment_over', 'A passkey has been made under this link. Ask for a new one.');
  if (secondsOf(row.expires_at) <= now)
    throw new Problem('enrolment_over', 'This link is too old. Ask for a new one.');
  const found = await person(db, row.person_id);
  if (found === undefined || found.left_at !== null)
    throw new Problem('enrolment_over', 'The person has left.');
  return { row, person: { id: found.id, name: found.name } };
}

/**
 * Takes a new approval passkey, made at the approving origin under its RP ID. It signs nobody in, and approves nothing
 * before the roster lists it.
 * @throws Problem enrolment_unknown, enrolment_over, enrolment_refused, passkey_exists
 */
export async function acceptEnrolment(
  context: Context,
  token: string,
  made: NewApprovalPasskey,
  now: number,
): Promise<Enrolled> {
  const { approveOrigin } = context.config;
  const challenge = toBase64url(sha256(concat(CHALLENGE, new TextEncoder().encode(token))));
  if ((await openEnrolment(context.db, token, now)) === null) {
    throw new Problem('enrolment_unknown', 'This link names no enrolment.');
  }
  const passkey = await orRefuse(() =>
    verifyRegistration(
      {
        id: made.credentialId,
        rawId: made.credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: { attestationObject: made.attestationObject, clientDataJSON: made.clientDataJSON },
      },
      { challenge, origin: approveOrigin, rpId: new URL(approveOrigin).hostname },
    ),
  );
  const { alg, key } = credentialKey(passkey);
  const fingerprint = thumbprint(key);
  return transaction(context.db, async (tx) => {
    const open = await openEnrolment(tx, token, now);
    if (open === null) throw new Problem('enrolment_unknown', 'This link names no enrolment.');
    if (await credentialIsKnown(tx, passkey.id, fingerprint)) {
      throw new Problem(
        'passkey_exists',
        'This passkey is registered already. An approval passkey is a new one.',
      );
    }
    const at = timeOf(now);
    await useEnrolment(tx, open.row.token_digest, at);
    await insertCredential(tx, {
      id: passkey.id,
      person_id: open.person.id,
      alg,
      key_json: canonicalText(key),
      thumbprint: fingerprint,
      created_at: at,
    });
    await appendAudit(tx, {
      now,
      actor: open.person.id,
      action: 'approver.enrol',
      subject: open.person.id,
      detail: { credential: passkey.id, fingerprint },
    });
    return { person: open.person, fingerprint };
  });
}

async function orRefuse<Result>(verify: () => Promise<Result>): Promise<Result> {
  try {
    return await verify();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem('enrolment_refused', error.message, { cause: error });
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
