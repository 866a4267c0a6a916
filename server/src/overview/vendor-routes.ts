import type { Vendor } from '../api-types.ts';
import { route } from '../http/route.ts';
import { readSetting } from '../start/settings.ts';

export const vendorRoutes = [
  route({
    method: 'get',
    path: '/api/v1/vendor',
    access: 'public',
    summary: 'Whose portal this is, and which registry.',
    async handle({ context }): Promise<Vendor> {
      const { config, keys, repository } = context;
      return {
        name: repository.vendor.name,
        slug: repository.vendor.slug,
        environment: repository.environment,
        registry: repository.registry,
        portalOrigin: config.origin,
        approveOrigin: config.approveOrigin,
        developmentKeys: keys.offline !== null,
        sample: (await readSetting(context.db, 'sample')) !== undefined,
      };
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/vendor/signing-root',
    access: 'person',
    summary: 'The root certificate of delivery notes, as PEM: for openssl cms -verify -CAfile.',
    produces: 'application/x-pem-file',
    async handle({ context, http }): Promise<void> {
      http.attachment(`${context.repository.vendor.slug}-signing-root.pem`);
      http.type = 'application/x-pem-file';
      http.body = context.deliveryNotes.root;
    },
  }),
];
