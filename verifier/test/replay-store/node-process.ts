import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Index from '../../src/index.ts';
import type * as RedisStore from '../../src/replay-store/redis.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type * as Address from '../../src/sidecar/redis-address.ts';
import type * as Client from '../../src/sidecar/redis-client.ts';

// A node of a customer's server in a process of its own, which somebody may kill at any moment: over a Redis, or by itself.

const [packageFolder = '', state = '', origin = '', redis = ''] = process.argv.slice(2);
const load = async (path: string): Promise<unknown> =>
  import(pathToFileURL(join(packageFolder, 'src', path)).href);
const { openVerifier, Refused } = (await load('index.ts')) as typeof Index;
const options = { stateDir: state, origin, log: () => undefined };
const verifier = openVerifier(redis === '' ? options : { ...options, replayStore: await storeOver(redis) });

async function storeOver(address: string): Promise<Index.ReplayStore> {
  const { redisReplayStore } = (await load('replay-store/redis.ts')) as typeof RedisStore;
  const { parseRedisAddress } = (await load('sidecar/redis-address.ts')) as typeof Address;
  const { connectRedis } = (await load('sidecar/redis-client.ts')) as typeof Client;
  return redisReplayStore(connectRedis(parseRedisAddress(address)));
}

process.on('message', ({ number, request }: { number: number; request: RequestToCheck }) => {
  void verifier
    .checkAsync(request)
    .then(
      ({ kind }) => ({ said: kind }),
      (error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        return { said: error.code, challenge: error.members.challenge };
      },
    )
    .then((answer) => process.send?.({ number, ...answer }));
});
process.send?.({ number: 0 });
