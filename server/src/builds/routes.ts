import type { BuildAnswer, BuildPage, UploadAnswer } from '../api-types.ts';
import type { Context } from '../context.ts';
import {
  base64url,
  capabilities,
  count,
  customers,
  ecJwk,
  id,
  label,
  prose,
  search,
  z,
} from '../http/fields.ts';
import { route, type Actor } from '../http/route.ts';
import { requireOwn } from '../people/own.ts';
import { sendDeliveryNote } from './delivery-note.ts';
import { reject } from './reject.ts';
import { revokeBuild } from './revoke-build.ts';
import { sendArtifact } from './send-artifact.ts';
import { buildById, countBuilds, findBuilds, type BuildOrder, type BuildRecord } from './store.ts';
import { submit } from './submit.ts';
import { upload } from './upload.ts';
import { viewBuild, viewBuilds } from './view-build.ts';

async function ownBuild(context: Context, actor: Actor, buildId: string): Promise<BuildRecord> {
  return requireOwn(actor, await buildById(context.db, buildId), 'build');
}

const state = z.enum(['waiting', 'approved', 'published', 'rejected', 'revoked']);
const SORT = /^(-?)(submitted|version|app|state|partner)$/;

const listQuery = z.strictObject({
  state: state.optional(),
  app: id('a').optional(),
  partner: id('p').optional(),
  q: search.optional(),
  sort: z
    .string()
    .regex(SORT, 'must be submitted, version, app, state or partner, with - before it for descending')
    .optional(),
  limit: count(100, 1, 1000),
  offset: count(0, 0, 10_000_000),
});

function orderOf(sort = '-submitted'): Pick<BuildOrder, 'by' | 'descending'> {
  const [, sign, by] = SORT.exec(sort) ?? [];
  // The schema has matched the same pattern.
  return { by: (by ?? 'submitted') as BuildOrder['by'], descending: sign === '-' };
}

export const buildRoutes = [
  route({
    method: 'post',
    path: '/api/v1/uploads',
    access: 'person',
    summary: 'Takes a file, which can be submitted as a build within a day.',
    status: 201,
    body: 'stream',
    problems: ['upload_empty', 'upload_too_large', 'upload_broken', 'storage_full'],
    handle: async ({ context, http, actor, now }): Promise<UploadAnswer> => ({
      upload: await upload(context, http.req, actor, now),
    }),
  }),
  route({
    method: 'post',
    path: '/api/v1/apps/:id/builds',
    access: 'person',
    summary: 'Submits an upload as a build, with a public key and the proof of its possession.',
    status: 201,
    body: z.strictObject({
      upload: id('f'),
      version: label,
      key: ecJwk,
      keyProof: base64url(200),
      use: z.enum(['request', 'attest']).default('request'),
      holder: z.enum(['server', 'embedded', 'hardware']),
      capabilities,
      customers,
    }),
    problems: [
      'not_found',
      'not_yours',
      'upload_unknown',
      'app_key_malformed',
      'key_proof_wrong',
      'key_in_use',
      'build_exists',
      'customer_unknown',
    ],
    async handle({ context, param, body, actor, now }): Promise<BuildAnswer> {
      const buildId = await submit(context, { appId: param('id'), ...body }, actor, now);
      return { build: await viewBuild(context, await ownBuild(context, actor, buildId)) };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/builds',
    access: 'person',
    summary: 'Builds, filtered, sorted, a page at a time; a partner sees its own.',
    query: listQuery,
    async handle({ context, query, actor }): Promise<BuildPage> {
      const filter = {
        partnerId: actor.partnerId ?? query.partner ?? null,
        appId: query.app ?? null,
        state: query.state ?? null,
        search: query.q === undefined || query.q === '' ? null : query.q,
      };
      const order = { ...orderOf(query.sort), limit: query.limit, offset: query.offset };
      const rows = await viewBuilds(context, await findBuilds(context.db, filter, order));
      return { rows, total: await countBuilds(context.db, filter) };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/builds/:id',
    access: 'person',
    summary: 'One build, with findings, approvals and history.',
    problems: ['not_found', 'not_yours'],
    handle: async ({ context, param, actor }): Promise<BuildAnswer> => ({
      build: await viewBuild(context, await ownBuild(context, actor, param('id'))),
    }),
  }),
  route({
    method: 'post',
    path: '/api/v1/builds/:id/reject',
    access: 'admin',
    summary: 'Rejects a build for good; its partner reads the reason.',
    body: z.strictObject({ reason: prose }),
    problems: ['not_found', 'build_decided'],
    async handle({ context, param, body, actor, now }): Promise<BuildAnswer> {
      await reject(context, param('id'), body.reason, actor, now);
      return { build: await viewBuild(context, await ownBuild(context, actor, param('id'))) };
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/builds/:id/revoke',
    access: 'admin',
    summary: 'Revokes an approved build everywhere; its partner reads the reason.',
    body: z.strictObject({ reason: prose }),
    problems: ['not_found', 'build_not_approved'],
    async handle({ context, param, body, actor, now }): Promise<BuildAnswer> {
      await revokeBuild(context, param('id'), body.reason, actor, now);
      return { build: await viewBuild(context, await ownBuild(context, actor, param('id'))) };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/builds/:id/artifact',
    access: 'person',
    summary: 'A build’s bytes.',
    produces: 'application/octet-stream',
    problems: ['not_found', 'not_yours', 'artifact_missing', 'range_unsatisfiable'],
    handle: async ({ context, param, actor, http }): Promise<void> =>
      sendArtifact(context, await ownBuild(context, actor, param('id')), http),
  }),
  route({
    method: 'get',
    path: '/api/v1/builds/:id/delivery-note',
    access: 'person',
    summary: 'A detached CMS signature over an approved build, for other tools. It admits nothing.',
    produces: 'application/pkcs7-signature',
    problems: ['not_found', 'not_yours', 'delivery_note_not_ready'],
    handle: async ({ context, param, actor, http, now }): Promise<void> =>
      sendDeliveryNote(context, await ownBuild(context, actor, param('id')), http, now),
  }),
];
