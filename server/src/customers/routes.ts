import { isOrigin } from '@appwarrant/verifier/formats';

import type { Customer } from '../api-types.ts';
import { label, z } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { bundleOf } from '../publishing/bundle.ts';
import { addCustomer, setDeployments } from './add-customer.ts';
import { proposeGrant } from './propose-grant.ts';
import { proposeLicense } from './propose-license.ts';
import { listCustomers, readCustomer } from './view-customers.ts';

const origin = z
  .string()
  .max(300)
  .refine((text) => isOrigin(text), 'must look like https://shop.example.com, without a path');

const deployment = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be the id that activate printed'),
  origins: z
    .array(origin)
    .min(1)
    .max(32)
    .transform((list) => [...new Set(list)].sort()),
});

const deployments = z
  .array(deployment)
  .max(64)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'must be distinct deployments');

const seconds = z.int().min(1).max(315_360_000);

const effect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('monitor') }),
  z.strictObject({ kind: z.literal('breakGlass') }),
  z.strictObject({ kind: z.literal('grace'), grace: seconds }),
]);

export const customerRoutes = [
  route({
    method: 'get',
    path: '/api/v1/customers',
    access: 'admin',
    summary: 'Every customer, with deployments, licence and grants.',
    handle: async ({ context }): Promise<Customer[]> => listCustomers(context),
  }),
  route({
    method: 'post',
    path: '/api/v1/customers',
    access: 'admin',
    summary: 'Adds a customer.',
    status: 201,
    body: z.strictObject({ name: label, deployments: deployments.default([]) }),
    problems: ['customer_exists', 'deployment_exists', 'origin_refused'],
    async handle({ context, body, actor, now }): Promise<Customer> {
      return readCustomer(context, await addCustomer(context, body, { actor: actor.id, now }));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/customers/:id',
    access: 'admin',
    summary: 'One customer.',
    handle: async ({ context, param }): Promise<Customer> => readCustomer(context, param('id')),
  }),
  route({
    method: 'put',
    path: '/api/v1/customers/:id/deployments',
    access: 'admin',
    summary: 'Says anew which deployments a customer has; a new licence makes it count.',
    body: z.strictObject({ deployments }),
    problems: ['deployment_exists', 'origin_refused'],
    async handle({ context, param, body, actor, now }): Promise<Customer> {
      await setDeployments(context, param('id'), body.deployments, { actor: actor.id, now });
      return readCustomer(context, param('id'));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/customers/:id/license',
    access: 'admin',
    summary: 'Proposes a licence for the deployments of a customer; it counts once it is approved.',
    status: 201,
    body: z.strictObject({
      fresh: seconds,
      grace: z.int().min(0).max(315_360_000),
      validForDays: z.int().min(1).max(3650),
    }),
    problems: ['deployment_missing', 'ceiling_exceeded', 'statement_not_open', 'wall_too_near'],
    async handle({ context, param, body, actor, now }): Promise<Customer> {
      await proposeLicense(context, param('id'), body, { actor: actor.id, now });
      return readCustomer(context, param('id'));
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/customers/:id/grants',
    access: 'admin',
    summary: 'Proposes a grant: monitor mode, break-glass or a longer grace; it counts once it is approved.',
    status: 201,
    body: z.strictObject({
      effect,
      reason: label,
      hours: z
        .int()
        .min(1)
        .max(24 * 30),
    }),
    problems: ['deployment_missing', 'ceiling_exceeded', 'statement_not_open', 'wall_too_near'],
    async handle({ context, param, body, actor, now }): Promise<Customer> {
      await proposeGrant(context, param('id'), body, { actor: actor.id, now });
      return readCustomer(context, param('id'));
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/customers/:id/bundle',
    access: 'admin',
    summary: 'The bundle of a customer, as it is in force.',
    produces: 'application/octet-stream',
    problems: ['bundle_not_ready', 'publication_refused'],
    async handle({ context, param, http, now }) {
      const customer = await readCustomer(context, param('id'));
      const { bytes, version } = await bundleOf(context, customer.id, now);
      http.attachment(`${context.repository.vendor.slug}-${customer.id}-${version}.bundle`);
      http.type = 'application/octet-stream';
      http.body = bytes;
    },
  }),
];
