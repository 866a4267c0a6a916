import type { PublicationDetail, PublicationPage } from '../api-types.ts';
import { count, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { Problem } from '../problem.ts';
import { publishOrThrow } from './publish.ts';
import { listPublications, readPublication } from './view-publications.ts';

export const publishingRoutes = [
  route({
    method: 'get',
    path: '/api/v1/publications',
    access: 'admin',
    summary: 'Published versions of the allowlist, newest first.',
    query: z.strictObject({
      before: count(Number.MAX_SAFE_INTEGER, 1, Number.MAX_SAFE_INTEGER),
      limit: count(100, 1, 1000),
    }),
    handle: async ({ context, query }): Promise<PublicationPage> => listPublications(context, query),
  }),
  route({
    method: 'post',
    path: '/api/v1/publications',
    access: 'admin',
    summary: 'Signs and publishes the allowlist anew, now.',
    status: 201,
    problems: ['publication_refused', 'publication_lost_race', 'not_ready'],
    async handle({ context, actor }): Promise<PublicationDetail> {
      const { version } = await publishOrThrow(context, { cause: 'by hand', actor: actor.id });
      return readPublication(context, version);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/publications/:version',
    access: 'admin',
    summary: 'One published version, and what it brought.',
    async handle({ context, param }): Promise<PublicationDetail> {
      const version = param('version');
      if (!/^[1-9][0-9]{0,14}$/u.test(version))
        throw new Problem('not_found', 'There is no such publication.');
      return readPublication(context, Number(version));
    },
  }),
];
