import type { Middleware } from 'koa';

import type { ApprovingConfiguration } from '../api-types.ts';
import type { Context } from '../context.ts';

/**
 * The approving page's own configuration, at `/configuration.json` of the approving host: the one portal and registry
 * that it serves. Where that host is not this process, whoever runs it writes this file by hand.
 */
export function approvingConfiguration(context: Context): Middleware {
  const configuration: ApprovingConfiguration = {
    portalOrigin: context.config.origin,
    registry: context.repository.registry,
    environment: context.repository.environment,
    rpId: new URL(context.config.approveOrigin).hostname,
    vendor: context.repository.vendor.name,
  };
  return async (http, next) => {
    if (http.path !== '/configuration.json' || http.method !== 'GET') {
      await next();
      return;
    }
    http.set('Cache-Control', 'no-store');
    http.type = 'application/json';
    http.body = JSON.stringify(configuration);
  };
}
