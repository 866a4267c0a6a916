import { appRoutes } from './apps/routes.ts';
import { approvalRoutes } from './approvals/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { buildRoutes } from './builds/routes.ts';
import { customerRoutes } from './customers/routes.ts';
import type { Route } from './http/route.ts';
import { overviewRoutes } from './overview/routes.ts';
import { packageRoutes } from './packages/routes.ts';
import { partnerRoutes } from './partners/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { publishingRoutes } from './publishing/routes.ts';
import { revocationRoutes } from './revocations/routes.ts';
import { rosterRoutes } from './roster/routes.ts';
import { sampleRoutes } from './sample/routes.ts';

/** Every route of the API, feature by feature. */
export const ROUTES: readonly Route[] = [
  ...peopleRoutes,
  ...overviewRoutes,
  ...partnerRoutes,
  ...appRoutes,
  ...buildRoutes,
  ...approvalRoutes,
  ...rosterRoutes,
  ...customerRoutes,
  ...revocationRoutes,
  ...publishingRoutes,
  ...packageRoutes,
  ...auditRoutes,
  ...sampleRoutes,
];
