import type { RevocationView } from '../api-types.ts';
import { digest, id, label, slug, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { revoke, type Revoked } from './revoke.ts';
import { viewRevocations } from './view-revocations.ts';

const subject = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('statement'), digest }),
  z.strictObject({ kind: z.literal('artifact'), digest }),
  z.strictObject({ kind: z.literal('app'), partner: id('p'), app: slug }),
  z.strictObject({ kind: z.literal('partner'), partner: id('p') }),
  z.strictObject({
    kind: z.literal('identity'),
    thumbprint: z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be a thumbprint'),
  }),
]);

export const revocationRoutes = [
  route({
    method: 'get',
    path: '/api/v1/revocations',
    access: 'admin',
    summary: 'Every revocation, newest first.',
    handle: async ({ context }): Promise<RevocationView[]> => viewRevocations(context),
  }),
  route({
    method: 'post',
    path: '/api/v1/revocations',
    access: 'admin',
    summary: 'Voids everything about a subject that was issued until now. One admin suffices.',
    status: 201,
    body: z.strictObject({ subject, reason: label }),
    problems: ['revocation_subject_unknown'],
    handle: async ({ context, body, actor, now }): Promise<Revoked> =>
      revoke(context, body.subject, { reason: body.reason, actor: actor.id, now }),
  }),
];
