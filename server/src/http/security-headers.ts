import helmet from 'koa-helmet';
import type { Middleware } from 'koa';

import type { Config } from '../config.ts';

/** Headers for every answer of the portal's host. Its pages load nothing from elsewhere and cannot be framed. */
export function portalHeaders(config: Config): Middleware {
  return headers(config, ["'self'"]);
}

/** Headers for every answer of the approving host: its page may ask the one portal, and nobody else. */
export function approvingHeaders(config: Config): Middleware {
  return headers(config, ["'self'", config.origin]);
}

function headers(config: Config, connect: string[]): Middleware {
  const secure = config.origin.startsWith('https:');
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        // Components place their popups and progress bars by style attributes.
        'style-src-attr': ["'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': connect,
        'manifest-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
        'object-src': ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    // The approving page reads the portal's answers by CORS; each such answer says so itself.
    crossOriginResourcePolicy: { policy: 'same-site' },
  });
}
