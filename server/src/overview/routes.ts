import type { Overview } from '../api-types.ts';
import { route } from '../http/route.ts';
import { readOverview } from './read-overview.ts';
import { vendorRoutes } from './vendor-routes.ts';

export const overviewRoutes = [
  ...vendorRoutes,
  route({
    method: 'get',
    path: '/api/v1/overview',
    access: 'person',
    summary: 'What waits, what was published, what ends when; a partner sees its own things.',
    handle: async ({ context, actor, now }): Promise<Overview> => readOverview(context, actor, now),
  }),
];
