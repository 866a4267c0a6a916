import { join } from 'node:path';

import Koa from 'koa';
import compress from 'koa-compress';

import type { Context } from '../context.ts';
import { ROUTES } from '../routes.ts';
import { dispatch } from './dispatch.ts';
import { healthRoute } from './health.ts';
import { byHost } from './hosts.ts';
import { inOrder } from './in-order.ts';
import { createLimits } from './limits.ts';
import { openapiRoute } from './openapi.ts';
import { pages } from './pages.ts';
import { problemExit } from './problem-exit.ts';
import { approvingHeaders, portalHeaders } from './security-headers.ts';
import { approvingConfiguration } from './approving-configuration.ts';

/** Two built sites that share no file. */
const PAGES = join(import.meta.dirname, '../../../admin-ui/dist');

/** The whole portal as one Koa application: two sites, one error exit. */
export function createPortal(context: Context): Koa {
  const routes = [...ROUTES, healthRoute];
  const app = new Koa();
  // Koa's own error output is for what fails after the answer began, such as a broken download.
  app.silent = true;
  app.use(problemExit(context.log));
  app.use(
    byHost(context.config, {
      portal: inOrder([
        portalHeaders(context.config),
        compress({ threshold: 2048, br: false }),
        dispatch(context, [...routes, openapiRoute(routes)], createLimits({ points: 600, seconds: 60 })),
        pages(join(PAGES, 'portal'), 'index.html'),
      ]),
      approving: inOrder([
        approvingHeaders(context.config),
        approvingConfiguration(context),
        pages(join(PAGES, 'approve'), 'index.html'),
      ]),
    }),
  );
  return app;
}
