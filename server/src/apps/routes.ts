import type { App } from '../api-types.ts';
import { buildCounts, type BuildCounts } from '../builds/build-counts.ts';
import type { Db } from '../database/database.ts';
import { capabilities, id, label, platform, slug, z } from '../http/fields.ts';
import { route, type Actor } from '../http/route.ts';
import { requireOwn } from '../people/own.ts';
import { Problem } from '../problem.ts';
import { registerApp } from './register-app.ts';
import { appById, findApps, type AppRecord } from './store.ts';

function view(app: AppRecord, counts: ReadonlyMap<string, BuildCounts>): App {
  const { builds, published, waiting } = counts.get(app.id) ?? { builds: 0, published: 0, waiting: 0 };
  return {
    id: app.id,
    name: app.name,
    slug: app.slug,
    partner: { id: app.partner_id, name: app.partner_name },
    platform: app.platform,
    capabilities: JSON.parse(app.capabilities_json) as string[],
    created: app.created_at,
    builds,
    published,
    waiting,
  };
}

async function viewApp(db: Db, app: AppRecord): Promise<App> {
  return view(app, await buildCounts(db, app.partner_id));
}

/** A partner registers its own apps; an admin says whose. */
function partnerOf(actor: Actor, given: string | undefined): string {
  if (actor.partnerId === null) {
    if (given !== undefined) return given;
    throw new Problem('input_invalid', 'Say whose app it is.', {
      errors: [{ at: 'body.partnerId', message: 'is missing' }],
    });
  }
  if (given === undefined || given === actor.partnerId) return actor.partnerId;
  throw new Problem('not_yours', 'You can register apps of your own only.');
}

export const appRoutes = [
  route({
    method: 'get',
    path: '/api/v1/apps',
    access: 'person',
    summary: 'All apps; a partner sees its own.',
    async handle({ context, actor }): Promise<App[]> {
      const counts = await buildCounts(context.db, actor.partnerId);
      return (await findApps(context.db, actor.partnerId)).map((app) => view(app, counts));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/apps',
    access: 'person',
    summary: 'Registers an app.',
    status: 201,
    body: z.strictObject({ partnerId: id('p').optional(), slug, name: label, platform, capabilities }),
    problems: ['app_exists', 'partner_unknown', 'not_yours'],
    async handle({ context, body, actor, now }): Promise<App | undefined> {
      const partnerId = partnerOf(actor, body.partnerId);
      const appId = await registerApp(context, { ...body, partnerId }, { actor: actor.id, now });
      const app = await appById(context.db, appId);
      return app && viewApp(context.db, app);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/apps/:id',
    access: 'person',
    summary: 'One app.',
    problems: ['not_found', 'not_yours'],
    async handle({ context, param, actor }): Promise<App> {
      return viewApp(context.db, requireOwn(actor, await appById(context.db, param('id')), 'app'));
    },
  }),
];
