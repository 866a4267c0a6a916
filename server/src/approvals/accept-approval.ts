import {
  canonicalText,
  judgeApprovals,
  merklePath,
  parseJsonText,
  Refused,
  secondsOf,
  statementBytes,
  timeOf,
  toBase64url,
  verifyApproval,
  type Approval,
  type Approver,
  type Roster,
  type Statement,
} from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import { noteBuild } from '../builds/mark-build.ts';
import type { Context } from '../context.ts';
import { transaction, type Tx } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { requireWall } from '../publishing/wall.ts';
import { enrolmentOfCredential } from '../roster/enrolment-of-credential.ts';
import { openList, type OpenList } from './open-list.ts';
import { settleApproved } from './settle-approved.ts';
import { approvalsOf, insertApproval, useList, type StatementRow } from './store.ts';

/** What the approving page sends: one assertion over a whole list. The byte strings are base64url. */
export interface Assertion {
  readonly credentialId: string;
  readonly authenticatorData: string;
  readonly clientDataJSON: string;
  readonly signature: string;
}

export interface AcceptedApproval {
  readonly approver: { readonly id: string; readonly name: string };
  /** For each statement in order: who has approved it by now, and whether that is enough. */
  readonly statements: readonly {
    readonly digest: string;
    readonly people: number;
    readonly needed: number;
  }[];
  /** Whether something was approved by enough people, so that there is something to publish. */
  readonly complete: boolean;
}

/** The approving page refuses older and later ones by its own clock; so does the portal, whoever asks. */
const OLDEST_SECONDS = 7 * 86_400;
/** A statement that undoes a revocation is issued after it, which may be a second from now. */
const AHEAD_SECONDS = 60;

/**
 * Takes one person's approval of the list that a link's token names, having judged it with the verifier's own code:
 * all of it, or none. The token gives no right to approve; the passkey's signature does.
 * @throws Problem list_unknown, list_over, approval_refused, approval_repeated, statement_not_open, wall_too_near
 */
export async function acceptApproval(
  context: Context,
  token: string,
  assertion: Assertion,
  now: number,
): Promise<AcceptedApproval> {
  await requireWall(context, now);
  const { roster } = (await offlineRoles(context)).targets;
  return transaction(context.db, async (tx) => {
    const list = await openList(tx, token, now);
    if (list === null) throw new Problem('list_unknown', 'This link names nothing to approve.');
    for (const { row, statement } of list.statements) requireOpen(row, statement, now);

    const approver = await approverOf(tx, roster, assertion.credentialId);
    const approvals = approvalsFrom(list, approver.id, assertion);
    list.statements.forEach(({ statement }, index) => judge(statement, approvals[index], roster));

    const settled = [];
    for (const [index, { row, statement }] of list.statements.entries()) {
      const approval = approvals[index];
      if (approval !== undefined) await keep(tx, list.row.id, row, approval, now);
      settled.push(await settle(tx, context, row, statement, roster, { actor: approver.id, now }));
    }
    await useList(tx, list.row.id, timeOf(now));
    await appendAudit(tx, {
      now,
      actor: approver.id,
      action: 'approval.give',
      subject: list.row.id,
      detail: {
        credential: assertion.credentialId,
        statements: list.statements.map(({ row }) => row.digest),
      },
    });
    return {
      approver: { id: approver.id, name: approver.name },
      statements: settled,
      complete: settled.some(({ people, needed }) => people >= needed),
    };
  });
}

function requireOpen(row: StatementRow, statement: Statement, now: number): void {
  if (row.state !== 'proposed') {
    throw new Problem(
      'statement_not_open',
      'Something in this list is no longer waiting for approval. Make a new list.',
    );
  }
  const issued = secondsOf(statement.custom.issued);
  if (issued > now + AHEAD_SECONDS)
    throw new Problem('statement_not_open', 'This statement was issued in the future: set the clock.');
  if (issued < now - OLDEST_SECONDS) {
    throw new Problem(
      'statement_not_open',
      'This statement was issued more than 7 days ago. Make a new list.',
    );
  }
}

/** The active approver whose credential this is. Explains every other case, because people run into each of them. */
async function approverOf(tx: Tx, roster: Roster, credentialId: string): Promise<Approver> {
  const approver = roster.approvers.find(({ keys }) => keys.some(({ id }) => id === credentialId));
  if (approver?.status.kind === 'active') return approver;
  if (approver !== undefined) {
    const reason = approver.status.kind === 'retired' ? 'approval_retired' : 'approval_unknown_approver';
    throw new Problem('approval_refused', `${approver.name} is no longer an active approver.`, { reason });
  }
  const enrolment = await enrolmentOfCredential(tx, credentialId);
  throw new Problem(
    'approval_refused',
    enrolment === undefined
      ? 'This passkey belongs to nobody on the roster. Approve with an approval passkey that was enrolled here.'
      : `${enrolment.name} has enrolled this passkey, but the roster does not list it yet: the offline keys must sign it first.`,
    { reason: 'approval_unknown_approver' },
  );
}

/** The one assertion as it stands in each statement: with the way from the statement to what was signed (SPEC §4.1). */
function approvalsFrom(list: OpenList, approver: string, assertion: Assertion): Approval[] {
  const leaves = list.statements.map(({ statement }) => statementBytes(statement));
  return leaves.map((_, index) => ({
    approver,
    key: assertion.credentialId,
    size: leaves.length,
    index,
    path: merklePath(leaves, index).map(toBase64url),
    authenticatorData: assertion.authenticatorData,
    clientDataJSON: assertion.clientDataJSON,
    signature: assertion.signature,
  }));
}

/** The verifier's judgement, in the portal's words. */
function judge(statement: Statement, approval: Approval | undefined, roster: Roster): void {
  try {
    if (approval !== undefined) verifyApproval(statement, approval, roster);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Problem('approval_refused', error.message, { reason: error.code, cause: error });
  }
}

async function keep(
  tx: Tx,
  listId: string,
  row: StatementRow,
  approval: Approval,
  now: number,
): Promise<void> {
  const given = await approvalsOf(tx, row.digest);
  if (given.some(({ approver_id }) => approver_id === approval.approver)) {
    throw new Problem(
      'approval_repeated',
      'You have approved this already. Another person must approve it, too.',
    );
  }
  await insertApproval(tx, {
    statement_digest: row.digest,
    approver_id: approval.approver,
    credential_id: approval.key,
    list_id: listId,
    approval_json: canonicalText(approval),
    created_at: timeOf(now),
  });
  if (row.kind === 'entry') {
    await noteBuild(tx, row.subject_id, { event: 'approval', now, actor: approval.approver, detail: '' });
  }
}

/** Counts the people; once they are enough, the statement is approved. */
async function settle(
  tx: Tx,
  context: Context,
  row: StatementRow,
  statement: Statement,
  roster: Roster,
  act: { actor: string; now: number },
) {
  const given = await approvalsOf(tx, row.digest);
  const approvals = given.map(({ approval_json }) => parseJsonText(approval_json));
  const people = judgeApprovals(statement, approvals, roster).people.length;
  const needed = roster.thresholds[statement.kind];
  if (people >= needed) await settleApproved(tx, context, row, act);
  return { digest: row.digest, people, needed };
}
