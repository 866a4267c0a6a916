import {
  canonical,
  canonicalText,
  Refused,
  sha256Hex,
  statementDigest,
  statementOf,
  timeOf,
  type JsonObject,
  type Statement,
} from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { insertStatement, statementOfDigest } from './store.ts';

/** How long people have to approve a statement: the approving page refuses one issued more than 7 days ago. */
export const OPEN_SECONDS = 6 * 86_400;

export interface Proposal {
  /** A build's, a customer's or a grant's id. */
  readonly subjectId: string;
  readonly role: string;
  readonly path: string;
  readonly length: number;
  readonly sha256: string;
  readonly custom: JsonObject;
  /** How long a server may go without a new bundle under this licence or grant, in seconds. */
  readonly offlineSeconds: number | null;
  readonly actor: string | null;
  /** Unix seconds. */
  readonly now: number;
}

/**
 * Puts a statement up for approval. Its bytes never change from here on.
 * @throws Problem input_invalid where the verifier could not read it, statement_not_open where it was proposed already
 */
export async function proposeStatement(tx: Tx, context: Context, proposal: Proposal): Promise<Statement> {
  const { subjectId, role, path, length, sha256, custom, now, actor, offlineSeconds } = proposal;
  const { registry, environment } = context.repository;
  const statement = readStatement({
    registry,
    environment,
    role,
    path,
    target: { length, hashes: { sha256 }, custom },
  });
  const digest = statementDigest(statement);
  if ((await statementOfDigest(tx, digest)) !== undefined) {
    throw new Problem(
      'statement_not_open',
      'Exactly this was proposed in this second. Look whether it waits already.',
    );
  }
  await insertStatement(tx, {
    digest,
    kind: statement.kind,
    role,
    path,
    statement: canonicalText(statement),
    subject_id: subjectId,
    issued: statement.custom.issued,
    expires: statement.custom.expires,
    state: 'proposed',
    offline_seconds: offlineSeconds,
    created_by: actor,
    created_at: timeOf(now),
  });
  return statement;
}

/** Where a licence or grant stands: under its own digest (SPEC §3.4). */
export function placeUnderDigest(customerId: string, kind: 'licence' | 'grant', custom: JsonObject) {
  const bytes = canonical(custom);
  const sha256 = sha256Hex(bytes);
  return {
    role: customerId,
    path: `${customerId}/${kind}/${sha256}`,
    length: bytes.length,
    sha256,
  };
}

/** The verifier's own reader decides whether this is a statement. */
function readStatement(found: Parameters<typeof statementOf>[0]): Statement {
  try {
    return statementOf(found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Problem('input_invalid', `The verifier could not read this statement. ${error.seen}`, {
      reason: error.code,
      cause: error,
    });
  }
}
