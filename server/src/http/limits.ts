import type { ParameterizedContext } from 'koa';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

import { Problem } from '../problem.ts';
import { clientAddress } from './client-address.ts';

/** Counts requests by address. */
export interface Limits {
  /** Counts one. @throws Problem too_many_requests */
  count(http: ParameterizedContext): Promise<void>;
}

/**
 * Limits for what anyone may ask without a session: `points` requests in `seconds` for each address. It keeps a
 * guesser slow; links and challenges are 256 bits anyway.
 */
export function createLimits({ points, seconds }: { points: number; seconds: number }): Limits {
  const limiter = new RateLimiterMemory({ points, duration: seconds });
  return {
    async count(http) {
      try {
        await limiter.consume(clientAddress(http));
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        http.set('Retry-After', String(Math.ceil(error.msBeforeNext / 1000)));
        throw new Problem('too_many_requests', 'Please wait a little, and try again.');
      }
    },
  };
}
