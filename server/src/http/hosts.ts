import type { Middleware } from 'koa';

import type { Config } from '../config.ts';
import { Problem } from '../problem.ts';

/**
 * One process, two sites, told apart by the Host header alone: the approving page's files come from its own host and
 * from no other, and the portal's API and pages never from there. Any other name is refused, so that a name that
 * somebody points at this address (DNS rebinding) gets nothing.
 */
export function byHost(config: Config, sites: { portal: Middleware; approving: Middleware }): Middleware {
  const portal = new URL(config.origin).host;
  const approving = new URL(config.approveOrigin).host;
  return async (http, next) => {
    const host = http.req.headers.host?.toLowerCase();
    if (host === portal) await sites.portal(http, next);
    else if (host === approving) await sites.approving(http, next);
    else throw new Problem('unknown_host', `This portal is at ${config.origin}.`);
  };
}
