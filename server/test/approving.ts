// Approvers for tests: people with an approval passkey, and what the approving page does with it.

import { createHash } from 'node:crypto';

import {
  approvalChallenge,
  merkleRoot,
  statementBytes,
  toBase64url,
  type Statement,
} from '@appwarrant/verifier/formats';

import { createSoftwarePasskey, type SoftwarePasskey } from '../demo/software-passkey.ts';
import type {
  ApprovalListAnswer,
  ApprovalSubject,
  ApprovingAnswer,
  ApprovingResult,
  LinkAnswer,
} from '../src/api-types.ts';
import { raw, TestProblem, type RawAnswer, type TestPerson, type TestPortal } from './test-portal.ts';

/** A person with a passkey that approves. */
export interface TestApprover {
  readonly person: TestPerson;
  readonly approval: SoftwarePasskey;
}

export function tokenOf(link: string): string {
  return new URL(link).hash.slice(1);
}

/** A request of the approving page: from its own origin, without a session. */
export async function askPage(portal: TestPortal, token: string, body?: unknown): Promise<RawAnswer> {
  const origin = portal.context.config.approveOrigin;
  const path = `/api/v1/approving/${token}`;
  if (body === undefined) return raw(portal, { method: 'GET', path, origin });
  return raw(portal, { method: 'POST', path, origin, type: 'application/json', body: JSON.stringify(body) });
}

async function page<T>(portal: TestPortal, token: string, body?: unknown): Promise<T> {
  const answer = await askPage(portal, token, body);
  if (answer.status >= 400) throw new TestProblem(answer);
  return JSON.parse(answer.text) as T;
}

/** What the approving page sends for a new passkey. */
export function newPasskeyFor(portal: TestPortal, token: string, passkey: SoftwarePasskey, origin?: string) {
  const challenge = createHash('sha256').update('appwarrant/enrolment/1\0').update(token).digest('base64url');
  const made = passkey.register({ challenge, origin: origin ?? portal.context.config.approveOrigin });
  const { attestationObject, clientDataJSON } = made.response;
  return { credentialId: made.id, attestationObject, clientDataJSON };
}

export function newApprovalPasskey(portal: TestPortal): SoftwarePasskey {
  return createSoftwarePasskey(new URL(portal.context.config.approveOrigin).hostname);
}

/** Gives a person an approval passkey, which waits for the roster. */
export async function enrolApprover(
  portal: TestPortal,
  admin: TestPerson,
  person = admin,
): Promise<TestApprover> {
  const { link } = await admin.client.post<LinkAnswer>(`/api/v1/people/${person.id}/approver-enrolment`);
  const approval = newApprovalPasskey(portal);
  await page<ApprovingResult>(portal, tokenOf(link), newPasskeyFor(portal, tokenOf(link), approval));
  return { person, approval };
}

/** An admin who approves: enrolled, and on the roster that the development keys sign. */
export async function makeApprover(portal: TestPortal, name: string): Promise<TestApprover> {
  const approver = await enrolApprover(portal, await portal.admin(name));
  await approver.person.client.post('/api/v1/roster/apply');
  return approver;
}

/** Puts things up for approval: the link's token, and the statements that the page shows. */
export async function putUp(
  portal: TestPortal,
  admin: TestPerson,
  subjects: readonly ApprovalSubject[],
): Promise<{ readonly token: string; readonly statements: readonly Statement[] }> {
  const { link } = await admin.client.post<ApprovalListAnswer>('/api/v1/approval-lists', { subjects });
  const answer = await page<ApprovingAnswer>(portal, tokenOf(link));
  if (answer.kind !== 'list') throw new Error('The link names no list.');
  return { token: tokenOf(link), statements: answer.statements };
}

/** A passkey's assertion over statements, as the page sends it. */
export function assertionOver(
  portal: TestPortal,
  passkey: SoftwarePasskey,
  statements: readonly Statement[],
  origin = portal.context.config.approveOrigin,
) {
  const challenge = toBase64url(
    approvalChallenge(merkleRoot(statements.map((statement) => statementBytes(statement)))),
  );
  const { id, response } = passkey.assert({ challenge, origin });
  const { authenticatorData, clientDataJSON, signature } = response;
  return { credentialId: id, authenticatorData, clientDataJSON, signature };
}

/** Everything from putting up to the answer of the portal. */
export async function approve(
  portal: TestPortal,
  { person, approval }: TestApprover,
  subjects: readonly ApprovalSubject[],
): Promise<ApprovingResult> {
  const { token, statements } = await putUp(portal, person, subjects);
  return page<ApprovingResult>(portal, token, assertionOver(portal, approval, statements));
}
