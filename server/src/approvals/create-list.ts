import { statementDigest, timeOf, type Statement } from '@appwarrant/verifier/formats';

import type { ApprovalListAnswer } from '../api-types.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction, type Tx } from '../database/database.ts';
import { newId } from '../ids.ts';
import { newToken, tokenDigest } from '../people/token.ts';
import { Problem } from '../problem.ts';
import { requireWall } from '../publishing/wall.ts';
import { proposeEntry } from './propose-entry.ts';
import { renewProposal } from './renew-proposal.ts';
import { insertList, standingStatement, type StatementRow } from './store.ts';

/** What can be put up for approval. */
export type ApprovalSubject =
  | { readonly kind: 'build'; readonly id: string; readonly again?: boolean | undefined }
  | { readonly kind: 'license'; readonly customerId: string }
  | { readonly kind: 'grant'; readonly grantId: string };

/** A link is for somebody who is about to touch his passkey, now. */
const LINK_SECONDS = 15 * 60;

/** So that a person can still read what he signs; the format allows 1,024. */
const LONGEST = 200;

/**
 * Makes a one-time link under which one approver approves these statements with one touch.
 * @throws Problem list_mixed, list_repeated, list_too_long, statement_not_open, not_found, wall_too_near
 */
export async function createList(
  context: Context,
  subjects: readonly ApprovalSubject[],
  { actor, now }: { actor: string; now: number },
): Promise<ApprovalListAnswer> {
  const [first] = subjects;
  if (first === undefined) throw new Problem('input_invalid', 'Name something to approve.');
  if (subjects.length > LONGEST) {
    throw new Problem('list_too_long', `A list has at most ${LONGEST} statements: make two lists.`);
  }
  if (subjects.some(({ kind }) => kind !== first.kind)) {
    throw new Problem('list_mixed', 'Approve builds, licences and grants in lists of their own.');
  }
  if (first.kind === 'grant' && subjects.length > 1) {
    throw new Problem('list_too_long', 'A grant is approved alone.');
  }
  await requireWall(context, now);

  const token = newToken(context.random);
  const id = newId('l', context.random);
  const expires = timeOf(now + LINK_SECONDS);
  const list = await transaction(context.db, async (tx) => {
    const found: Statement[] = [];
    for (const subject of subjects) found.push(await openStatement(tx, context, subject, actor, now));
    const digests = found.map(statementDigest);
    if (new Set(digests).size < digests.length) {
      throw new Problem('list_repeated', 'One and the same thing stands in the list twice.');
    }
    const kind = found[0]?.kind ?? 'entry';
    const row = {
      id,
      token_digest: tokenDigest(token),
      kind,
      created_by: actor,
      created_at: timeOf(now),
      expires_at: expires,
      used_at: null,
    };
    await insertList(tx, row, digests);
    await appendAudit(tx, {
      now,
      actor,
      action: 'approval-list.create',
      subject: id,
      detail: { statements: digests },
    });
    return { id, kind, statements: digests.length };
  });
  return { list, link: `${context.config.approveOrigin}/#${token}`, expires };
}

async function openStatement(
  tx: Tx,
  context: Context,
  subject: ApprovalSubject,
  actor: string,
  now: number,
): Promise<Statement> {
  switch (subject.kind) {
    case 'build':
      return proposeEntry(tx, context, subject.id, { actor, now, again: subject.again ?? false });
    case 'license':
      return renewProposal(tx, context, await proposed(tx, 'licence', subject.customerId), { actor, now });
    case 'grant':
      return renewProposal(tx, context, await proposed(tx, 'grant', subject.grantId), { actor, now });
  }
}

async function proposed(tx: Tx, kind: 'licence' | 'grant', subjectId: string): Promise<StatementRow> {
  const row = await standingStatement(tx, kind, subjectId, ['proposed']);
  if (row === undefined) throw new Problem('statement_not_open', `No ${kind} is waiting for approval there.`);
  return row;
}
