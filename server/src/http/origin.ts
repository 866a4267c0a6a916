import type { ParameterizedContext } from 'koa';

import type { Config } from '../config.ts';
import { Problem } from '../problem.ts';
import type { Access } from './route.ts';

/**
 * Refuses what another site's page sent. State changes must name the portal's own origin; the approving page's
 * requests, reading included, must name the approving origin.
 * @throws Problem other_origin
 */
export function checkOrigin(http: ParameterizedContext, config: Config, access: Access): void {
  const origin = http.get('Origin');
  if (access === 'approving') {
    if (origin !== config.approveOrigin) {
      throw new Problem(
        'other_origin',
        `Only the approving page at ${config.approveOrigin} may ask for this.`,
      );
    }
    return;
  }
  const reads = http.method === 'GET' || http.method === 'HEAD';
  if (origin === config.origin || (reads && origin === '')) return;
  throw new Problem('other_origin', `Only pages of ${config.origin} may ask for this.`);
}

/** Lets the approving page, and no other, read the answer (CORS, without credentials). */
export function allowApprovingPage(http: ParameterizedContext, config: Config): void {
  http.set('Access-Control-Allow-Origin', config.approveOrigin);
  http.vary('Origin');
}

/** Answers the browser's question whether the approving page may ask. */
export function answerPreflight(
  http: ParameterizedContext,
  config: Config,
  methods: readonly string[],
): void {
  checkOrigin(http, config, 'approving');
  allowApprovingPage(http, config);
  http.set('Access-Control-Allow-Methods', methods.map((method) => method.toUpperCase()).join(', '));
  http.set('Access-Control-Allow-Headers', 'Content-Type');
  http.set('Access-Control-Max-Age', '600');
  http.status = 204;
}
