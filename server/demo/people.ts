// Admins, partners and approvers of the story: each has a software passkey for signing in, and approvers a second one that
// exists at the approving origin only.

import { createHash } from 'node:crypto';
import { approvalChallenge, merkleRoot, statementBytes, toBase64url } from '@appwarrant/verifier/formats';
import type { Statement } from '@appwarrant/verifier/formats';
import type {
  ApprovalListAnswer,
  ApprovalSubject,
  ApprovingAnswer,
  ApprovingResult,
  FlowAnswer,
  LinkAnswer,
  Person,
  SessionAnswer,
} from '../src/api-types.ts';
import { createPortalClient } from './portal-client.ts';
import type { PortalClient } from './portal-client.ts';
import { createSoftwarePasskey } from './software-passkey.ts';
import type { SoftwarePasskey } from './software-passkey.ts';

/** Where the portal is, and where approvals are given. */
export interface Site {
  readonly origin: string;
  readonly approveOrigin: string;
}

/** Somebody who is signed in. */
export interface SignedIn {
  readonly person: Person;
  readonly client: PortalClient;
  readonly passkey: SoftwarePasskey;
}

/** A signed-in admin who also has an approval passkey. */
export interface ApproverPerson extends SignedIn {
  readonly approval: SoftwarePasskey;
}

const API = '/api/v1';

function fragmentOf(link: string): string {
  return new URL(link).hash.slice(1);
}

/** Opens an invitation's link, makes a passkey, and is signed in. */
export async function acceptInvitation(site: Site, link: string, name: string): Promise<SignedIn> {
  const client = createPortalClient(site.origin);
  const passkey = createSoftwarePasskey(new URL(site.origin).hostname);
  const path = `${API}/invitations/${fragmentOf(link)}`;
  const { flow, options } = await client.post<FlowAnswer>(`${path}/options`, { name });
  const { challenge, user } = options as { challenge: string; user: { id: string } };
  const response = passkey.register({ challenge, origin: site.origin, userHandle: user.id });
  const { person } = await client.post<SessionAnswer>(`${path}/accept`, { flow, name, response });
  return { person, client, passkey };
}

/** Makes an approval passkey for a signed-in admin. It approves nothing before the roster lists it. */
export async function enrolApprover(site: Site, admin: SignedIn): Promise<ApproverPerson> {
  const { link } = await admin.client.post<LinkAnswer>(`${API}/people/${admin.person.id}/approver-enrolment`);
  const token = fragmentOf(link);
  const page = createPortalClient(site.origin, site.approveOrigin);
  const approval = createSoftwarePasskey(new URL(site.approveOrigin).hostname);
  const challenge = createHash('sha256').update('appwarrant/enrolment/1\0').update(token).digest('base64url');
  const made = approval.register({ challenge, origin: site.approveOrigin });
  await page.post<ApprovingResult>(`${API}/approving/${token}`, {
    credentialId: made.id,
    attestationObject: made.response.attestationObject,
    clientDataJSON: made.response.clientDataJSON,
  });
  return { ...admin, approval };
}

/** Puts something up and approves it at the approving origin, as the page there does: it hashes the statements itself. */
export async function approve(
  site: Site,
  approver: ApproverPerson,
  subjects: readonly ApprovalSubject[],
): Promise<ApprovingResult> {
  const { link } = await approver.client.post<ApprovalListAnswer>(`${API}/approval-lists`, { subjects });
  const token = fragmentOf(link);
  const page = createPortalClient(site.origin, site.approveOrigin);
  const list = await page.get<ApprovingAnswer>(`${API}/approving/${token}`);
  if (list.kind !== 'list') throw new Error('The link names no list.');
  const { id, response } = assertOver(approver.approval, list.statements, site.approveOrigin);
  return page.post<ApprovingResult>(`${API}/approving/${token}`, {
    credentialId: id,
    authenticatorData: response.authenticatorData,
    clientDataJSON: response.clientDataJSON,
    signature: response.signature,
  });
}

/** A passkey's assertion over a list of statements (SPEC §4.2). */
export function assertOver(passkey: SoftwarePasskey, statements: readonly Statement[], origin: string) {
  const challenge = approvalChallenge(merkleRoot(statements.map((statement) => statementBytes(statement))));
  return passkey.assert({ challenge: toBase64url(challenge), origin });
}
