import { auditRoutes } from './audit/routes.ts';
import type { Route } from './http/route.ts';
import { peopleRoutes } from './people/routes.ts';

/** Every route of the API, feature by feature. */
export const ROUTES: readonly Route[] = [...peopleRoutes, ...auditRoutes];
