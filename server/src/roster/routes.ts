import type { JsonValue } from '@appwarrant/verifier/formats';

import type { LinkAnswer, RosterAnswer } from '../api-types.ts';
import { z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { applyRoster, importTargets, rosterRequestFile } from './ask-offline-keys.ts';
import { changeApprover } from './change-approver.ts';
import { enrolApprover } from './enrol-approver.ts';
import { readRoster } from './read-roster.ts';

const TARGETS_BYTES = 16 * 1024 * 1024;

/** A signed metadata file; the verifier's own reader judges what is in it. */
const signedFile = z.strictObject({
  signatures: z.array(z.strictObject({ keyid: z.string().max(64), sig: z.string().max(2048) })).max(64),
  signed: z.looseObject({}),
});

export const rosterRoutes = [
  route({
    method: 'get',
    path: '/api/v1/roster',
    access: 'admin',
    summary: 'Who may approve, how many it takes, and what waits for the offline keys.',
    handle: async ({ context }): Promise<RosterAnswer> => readRoster(context),
  }),
  route({
    method: 'post',
    path: '/api/v1/people/:id/approver-enrolment',
    access: 'admin',
    summary: 'Makes a one-time link under which a person makes an approval passkey.',
    problems: ['person_cannot_approve'],
    handle: async ({ context, param, actor, now }): Promise<LinkAnswer> =>
      enrolApprover(context, param('id'), { actor: actor.id, now }),
  }),
  route({
    method: 'post',
    path: '/api/v1/people/:id/approver-status',
    access: 'admin',
    summary: 'Asks the offline keys to retire an approver, or to count nothing of theirs.',
    body: z.strictObject({ status: z.enum(['retired', 'compromised']) }),
    problems: ['roster_request_missing'],
    async handle({ context, param, body, actor, now }): Promise<RosterAnswer> {
      await changeApprover(context, param('id'), body.status, { actor: actor.id, now });
      return readRoster(context);
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/roster/apply',
    access: 'admin',
    summary: 'With development keys: the portal signs the new roster itself.',
    problems: ['offline_keys_elsewhere', 'roster_request_missing', 'publication_refused'],
    async handle({ context, actor, now }): Promise<RosterAnswer> {
      await applyRoster(context, { actor: actor.id, now });
      return readRoster(context);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/roster/request',
    access: 'admin',
    summary: 'The request file that the holders of the offline keys take to the ceremony.',
    produces: 'application/json',
    problems: ['roster_request_missing'],
    async handle({ context, http, now }) {
      const file = await rosterRequestFile(context, now);
      http.attachment('roster-request.json');
      http.type = 'application/json';
      http.body = Buffer.from(file);
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/roster/import',
    access: 'admin',
    summary: 'Takes the targets that the offline keys signed.',
    body: signedFile,
    maxBody: TARGETS_BYTES,
    problems: ['roster_import_refused', 'publication_refused'],
    async handle({ context, body, actor }): Promise<RosterAnswer> {
      await importTargets(context, body as JsonValue, actor.id);
      return readRoster(context);
    },
  }),
];
