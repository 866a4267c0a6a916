import type { ApprovalListAnswer, ApprovingAnswer, ApprovingResult } from '../api-types.ts';
import { base64url, id, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { publish } from '../publishing/publish.ts';
import { acceptEnrolment, openEnrolment } from '../roster/accept-enrolment.ts';
import { acceptApproval } from './accept-approval.ts';
import { createList } from './create-list.ts';
import { openList } from './open-list.ts';

const subject = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('build'), id: id('b'), again: z.boolean().optional() }),
  z.strictObject({ kind: z.literal('license'), customerId: id('c') }),
  z.strictObject({ kind: z.literal('grant'), grantId: id('g') }),
]);

/** What the approving page sends: an assertion over a list, or a new passkey. */
const made = z.union([
  z.strictObject({
    credentialId: base64url(1364),
    authenticatorData: base64url(512),
    clientDataJSON: base64url(1366),
    signature: base64url(683),
  }),
  z.strictObject({
    credentialId: base64url(1364),
    attestationObject: base64url(65_536),
    clientDataJSON: base64url(8192),
  }),
]);

export const approvalRoutes = [
  route({
    method: 'post',
    path: '/api/v1/approval-lists',
    access: 'admin',
    summary:
      'Puts builds, a licence or a grant up for approval; gives a one-time link to the approving page.',
    status: 201,
    body: z.strictObject({ subjects: z.array(subject).min(1).max(1024) }),
    problems: ['list_mixed', 'list_repeated', 'list_too_long', 'statement_not_open', 'wall_too_near'],
    handle: async ({ context, body, actor, now }): Promise<ApprovalListAnswer> =>
      createList(context, body.subjects, { actor: actor.id, now }),
  }),
  route({
    method: 'get',
    path: '/api/v1/approving/:token',
    access: 'approving',
    summary: 'What a link to the approving page is for.',
    problems: ['list_unknown', 'list_over', 'enrolment_over'],
    async handle({ context, param, now }): Promise<ApprovingAnswer> {
      const { registry, environment } = context.repository;
      const { roster } = (await offlineRoles(context)).targets;
      const place = { registry, environment, rpId: roster.rpId };
      const list = await openList(context.db, param('token'), now);
      if (list !== null) {
        return {
          kind: 'list',
          ...place,
          statements: list.statements.map(({ statement }) => statement),
          credentials: roster.approvers
            .filter(({ status }) => status.kind === 'active')
            .flatMap(({ keys }) => keys.map((key) => key.id)),
          expires: list.row.expires_at,
        };
      }
      const enrolment = await openEnrolment(context.db, param('token'), now);
      if (enrolment === null) throw new Problem('list_unknown', 'This link names nothing here.');
      return { kind: 'enrolment', ...place, person: enrolment.person, expires: enrolment.row.expires_at };
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/approving/:token',
    access: 'approving',
    summary: 'Takes an approval, or a new approval passkey. The token gives no right; the signature does.',
    body: made,
    problems: [
      'list_unknown',
      'list_over',
      'statement_not_open',
      'approval_refused',
      'approval_repeated',
      'enrolment_unknown',
      'enrolment_over',
      'enrolment_refused',
      'passkey_exists',
      'wall_too_near',
    ],
    async handle({ context, param, body, now }): Promise<ApprovingResult> {
      if ('attestationObject' in body) {
        const enrolled = await acceptEnrolment(context, param('token'), body, now);
        return { kind: 'enrolled', ...enrolled, active: false };
      }
      const { approver, statements, complete } = await acceptApproval(context, param('token'), body, now);
      if (complete) await publish(context, { cause: 'approval', actor: approver.id });
      return {
        kind: 'approved',
        approver,
        statements: statements.length,
        complete: statements.filter(({ people, needed }) => people >= needed).length,
      };
    },
  }),
];
