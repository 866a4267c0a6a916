import type { Partner } from '../api-types.ts';
import type { Db } from '../database/database.ts';
import { label, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { requireOwn } from '../people/own.ts';
import { createPartner } from './create-partner.ts';
import { allPartners, countsByPartner, partnerById, type PartnerRecord } from './store.ts';

async function viewPartners(db: Db, partners: readonly PartnerRecord[]): Promise<Partner[]> {
  const apps = await countsByPartner(db, 'apps');
  const builds = await countsByPartner(db, 'builds');
  const people = await countsByPartner(db, 'people');
  return partners.map(({ id, name, created_at }) => ({
    id,
    name,
    created: created_at,
    apps: apps.get(id) ?? 0,
    builds: builds.get(id) ?? 0,
    people: people.get(id) ?? 0,
  }));
}

async function viewPartner(db: Db, partner: PartnerRecord): Promise<Partner | undefined> {
  return (await viewPartners(db, [partner]))[0];
}

export const partnerRoutes = [
  route({
    method: 'get',
    path: '/api/v1/partners',
    access: 'admin',
    summary: 'All partners.',
    handle: async ({ context }): Promise<Partner[]> =>
      viewPartners(context.db, await allPartners(context.db)),
  }),
  route({
    method: 'post',
    path: '/api/v1/partners',
    access: 'admin',
    summary: 'Makes a partner.',
    status: 201,
    body: z.strictObject({ name: label }),
    problems: ['partner_exists'],
    async handle({ context, body, actor, now }): Promise<Partner | undefined> {
      const id = await createPartner(context, body, { actor: actor.id, now });
      const partner = await partnerById(context.db, id);
      return partner && viewPartner(context.db, partner);
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/partners/:id',
    access: 'person',
    summary: 'One partner; a partner sees itself only.',
    problems: ['not_found', 'not_yours'],
    async handle({ context, param, actor }): Promise<Partner | undefined> {
      const found = await partnerById(context.db, param('id'));
      const own = requireOwn(actor, found && { ...found, partner_id: found.id }, 'partner');
      return viewPartner(context.db, own);
    },
  }),
];
