import type { ParameterizedContext } from 'koa';

import type { FlowAnswer, Invitation, LinkAnswer, PeopleAnswer, SessionAnswer } from '../api-types.ts';
import type { Context } from '../context.ts';
import { id, label, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { clearSessionCookie, readSessionCookie, writeSessionCookie } from '../http/session-cookie.ts';
import { partnerName } from '../partners/partner-name.ts';
import { Problem } from '../problem.ts';
import { approverStates } from '../roster/read-roster.ts';
import { acceptInvitation, invitationOptions } from './accept-invitation.ts';
import { endAccess } from './end-access.ts';
import { findActor } from './find-actor.ts';
import { invite } from './invite.ts';
import { listPeople } from './list-people.ts';
import { openInvitation } from './open-invitation.ts';
import { assertionInput, registrationInput } from './passkey-input.ts';
import { beginSignIn, signIn } from './sign-in.ts';
import { SESSION_SECONDS } from './start-session.ts';
import { deleteSession } from './store.ts';
import { tokenDigest } from './token.ts';
import { viewPerson } from './view-person.ts';

async function signedIn(
  context: Context,
  http: ParameterizedContext,
  token: string,
  now: number,
): Promise<SessionAnswer> {
  const actor = await findActor(context, token, now);
  if (actor === null) throw new Problem('no_session', 'The session ended as it began.');
  writeSessionCookie(http, context.config, token, SESSION_SECONDS);
  return { person: await viewPerson(context.db, actor) };
}

export const peopleRoutes = [
  route({
    method: 'get',
    path: '/api/v1/session',
    access: 'person',
    summary: 'Who is signed in.',
    handle: async ({ context, actor }): Promise<SessionAnswer> => ({
      person: await viewPerson(context.db, actor),
    }),
  }),
  route({
    method: 'post',
    path: '/api/v1/session/options',
    access: 'public',
    summary: 'Begins signing in with a passkey.',
    body: z.strictObject({}),
    handle: async ({ context, now }): Promise<FlowAnswer> => beginSignIn(context, now),
  }),
  route({
    method: 'post',
    path: '/api/v1/session',
    access: 'public',
    summary: 'Signs in.',
    body: z.strictObject({ flow: id('w'), response: assertionInput }),
    problems: ['flow_over', 'passkey_unknown', 'passkey_refused', 'person_left'],
    handle: async ({ context, body, http, now }): Promise<SessionAnswer> =>
      signedIn(context, http, await signIn(context, body, now), now),
  }),
  route({
    method: 'delete',
    path: '/api/v1/session',
    access: 'public',
    summary: 'Signs out.',
    status: 204,
    async handle({ context, http }) {
      const token = readSessionCookie(http, context.config);
      if (token !== null) await deleteSession(context.db, tokenDigest(token));
      clearSessionCookie(http, context.config);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/invitations/:token',
    access: 'public',
    summary: 'What an invitation is for.',
    problems: ['invitation_unknown', 'invitation_used', 'invitation_over'],
    async handle({ context, param, now }): Promise<Invitation> {
      const invitation = await openInvitation(context.db, param('token'), now);
      const partnerId = invitation.partner_id;
      return {
        kind: invitation.kind,
        name: invitation.name,
        partner:
          partnerId === null
            ? null
            : { id: partnerId, name: (await partnerName(context.db, partnerId)) ?? partnerId },
        expires: invitation.expires_at,
        first: invitation.created_by === null,
      };
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/invitations/:token/options',
    access: 'public',
    summary: 'Begins accepting an invitation with a new passkey.',
    body: z.strictObject({ name: label }),
    problems: ['invitation_unknown', 'invitation_used', 'invitation_over'],
    handle: async ({ context, param, body, now }): Promise<FlowAnswer> =>
      invitationOptions(context, param('token'), body.name, now),
  }),
  route({
    method: 'post',
    path: '/api/v1/invitations/:token/accept',
    access: 'public',
    summary: 'Accepts an invitation; the new person is signed in.',
    body: z.strictObject({ flow: id('w'), name: label, response: registrationInput }),
    problems: [
      'invitation_unknown',
      'invitation_used',
      'invitation_over',
      'flow_over',
      'passkey_refused',
      'passkey_exists',
    ],
    handle: async ({ context, param, body, http, now }): Promise<SessionAnswer> =>
      signedIn(context, http, await acceptInvitation(context, { token: param('token'), ...body }, now), now),
  }),
  route({
    method: 'post',
    path: '/api/v1/invitations',
    access: 'admin',
    summary: 'Invites an admin, or a person of a partner.',
    status: 201,
    body: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('admin'), name: label }),
      z.strictObject({ kind: z.literal('partner'), name: label, partnerId: id('p') }),
    ]),
    problems: ['partner_unknown'],
    handle: async ({ context, body, actor, now }): Promise<LinkAnswer> =>
      invite(context, body, { actor: actor.id, now }),
  }),
  route({
    method: 'get',
    path: '/api/v1/people',
    access: 'admin',
    summary: 'Everybody who has or had access, and open invitations.',
    handle: async ({ context, now }): Promise<PeopleAnswer> =>
      listPeople(context, await approverStates(context, now), now),
  }),
  route({
    method: 'post',
    path: '/api/v1/people/:id/end-access',
    access: 'admin',
    summary: 'Ends a person’s access.',
    status: 204,
    body: z.strictObject({}),
    problems: ['not_found', 'person_left', 'last_admin'],
    handle: async ({ context, param, actor, now }): Promise<void> =>
      endAccess(context, param('id'), actor, now),
  }),
];
