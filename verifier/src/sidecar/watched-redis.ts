import { deferred } from '../deferred.ts';
import type { ReasonCode } from '../reasons.ts';
import { connectRedis, type RedisConnection } from './redis-client.ts';
import type { RedisOptions } from './redis-options.ts';
import type { Log } from './tell.ts';

/** A connection to Redis whose state is told. */
export type WatchedRedis = {
  readonly connection: RedisConnection;
  /** With which code requests are refused while there is no connection; null where there is one. */
  readonly problem: () => ReasonCode | null;
  /** Resolves when it has been tried, or has taken too long. */
  readonly tried: Promise<void>;
};

/** How long a start waits to hear whether Redis is there, in milliseconds. */
const patience = 2000;

/** Connects. Whoever runs it hears at once that it cannot be reached, and why, and not with the first request that is refused for it. */
export function watchRedis({ address, secure }: RedisOptions, log: Log): WatchedRedis {
  let isConnected = false;
  const tried = deferred<void>();
  const timer = setTimeout(tried.resolve, patience).unref();
  const onChange = (problem: string | null): void => {
    isConnected = problem === null;
    clearTimeout(timer);
    tried.resolve();
    if (problem === null) log.say('info', 'redis', 'Redis is connected.');
    else log.say('warn', 'redis', `There is no connection to Redis: ${problem}`);
  };
  const connection = connectRedis(address, { secure, onChange });
  return {
    connection,
    problem: () => (isConnected ? null : 'replay_store_unavailable'),
    tried: tried.promise,
  };
}
