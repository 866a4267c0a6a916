import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { redisReplayStore, type RedisClient } from '../../src/replay-store/redis.ts';
import { parseRedisAddress } from '../../src/sidecar/redis-address.ts';
import { connectRedis } from '../../src/sidecar/redis-client.ts';
import { signNow } from '../tricks/honest.ts';
import { hammer, openNodes, serve } from './nodes.ts';
import { noRedis, settle, startRedis, startWire, type RedisServer, type Wire } from './redis-server.ts';

// Nodes that share a real server. Two questions, whatever is done to it: is any proof admitted twice (never), and do nodes serve again
// once it is well.

type Connected = { readonly client: RedisClient; readonly [Symbol.asyncDispose]: () => Promise<void> };
type Connect = (port: number) => Promise<Connected>;

const connections: Readonly<Record<string, Connect>> = {
  ioredis: (port) => {
    const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50 });
    client.on('error', () => undefined);
    return Promise.resolve({
      client,
      [Symbol.asyncDispose]: () => {
        client.disconnect();
        return Promise.resolve();
      },
    });
  },
  'node-redis': async (port) => {
    const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: 50 } });
    client.on('error', () => undefined);
    await client.connect();
    return {
      client,
      [Symbol.asyncDispose]: () => {
        client.destroy();
        return Promise.resolve();
      },
    };
  },
  'the one of the sidecar': async (port) => {
    const client = connectRedis(parseRedisAddress(`redis://127.0.0.1:${String(port)}/3`));
    for (let i = 0; i < 100; i += 1) {
      if (await client.call('PING').catch(() => undefined)) break;
      await wait(20);
    }
    return {
      client,
      [Symbol.asyncDispose]: () => {
        client.close();
        return Promise.resolve();
      },
    };
  },
};

/** What may be done to a server or to a network, and how it is undone. */
const faults: Readonly<Record<string, Fault>> = {
  emptied: [(server) => server.cli('FLUSHALL'), () => undefined],
  'restarted empty': [(server) => server.restart(), () => undefined],
  'restarted with what it wrote to a disk': [
    async (server) => {
      server.cli('SAVE');
      await server.restart();
    },
    () => undefined,
  ],
  killed: [(server) => server.kill(), (server) => server.start()],
  stopped: [(server) => server.pause(), (server) => server.resume()],
  asleep: [(server) => server.send('DEBUG', 'SLEEP', '2'), () => wait(1500)],
  'cut off from one node': [(_, wires) => wires[1].set('silent'), (_, wires) => wires[1].set('whole')],
  'not heard by one node': [(_, wires) => wires[0].set('no answers'), (_, wires) => wires[0].set('whole')],
  full: [
    (server) => server.cli('CONFIG', 'SET', 'maxmemory', '1'),
    (server) => server.cli('CONFIG', 'SET', 'maxmemory', '0'),
  ],
  'set to throw keys away': [
    (server) => server.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'),
    (server) => server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'),
  ],
};

describe.skipIf(noRedis !== undefined).each(Object.entries(connections))(
  'Two nodes over one Redis, by %s,',
  (name, connect) => {
    const database = name === 'the one of the sidecar' ? '3' : '0';
    const begin = async () => {
      const stack = new AsyncDisposableStack();
      const server = stack.use(await startRedis());
      settle(server, database);
      const wires = [
        stack.use(await startWire(server.port)),
        stack.use(await startWire(server.port)),
      ] as const;
      const stores = [];
      for (const { port } of wires) stores.push(redisReplayStore(stack.use(await connect(port)).client));
      return { stack, server, wires, ...openNodes(stores) };
    };

    test('admit a proof once, however many copies come to each of them at once', async () => {
      const { stack, site, nodes } = await begin();
      await using _ = stack;
      for (let round = 0; round < 10; round += 1) {
        const { admitted, codes } = await hammer(nodes, signNow(site));
        expect(admitted).toBe(1);
        expect(new Set(codes)).toEqual(new Set(['app', 'replayed']));
      }
    });

    test.each(Object.keys(faults))(
      'never admit a proof twice while it is %s, and serve again afterwards',
      async (fault) => {
        const { stack, site, nodes, lines, server, wires } = await begin();
        await using _ = stack;
        const [begins, ends] = faults[fault] ?? [];
        const requests = Array.from({ length: 8 }, () => signNow(site));
        const counts = requests.map(() => 0);
        const codes = new Set<string>();
        const present = async (of: readonly number[], copies: number): Promise<void> => {
          await Promise.all(
            of.map(async (i) => {
              const heard = await hammer(nodes, requests[i]!, copies);
              counts[i] = (counts[i] ?? 0) + heard.admitted;
              for (const code of heard.codes) codes.add(code);
            }),
          );
        };
        await present([0, 1], 1);
        expect(counts).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
        const meanwhile = present([0, 2, 3], 2);
        await begins?.(server, wires);
        await meanwhile;
        await present([0, 1, 4, 5], 2);
        await ends?.(server, wires);
        await present([0, 1, 2, 3, 4, 5, 6], 2);
        for (const node of nodes) {
          let said = '';
          for (let tries = 0; (said = await serve(site, node)) !== 'app'; tries += 1) {
            expect(tries, `${said}\n${lines.slice(-5).join('\n')}`).toBeLessThan(50);
            await wait(100);
          }
        }
        await present([0, 1, 2, 3, 4, 5, 6, 7], 2);
        expect(Math.max(...counts)).toBe(1);
        expect([...codes].filter((code) => !honest.has(code))).toEqual([]);
      },
      60_000,
    );
  },
);

/** With what nodes may refuse a proof that is right. */
const honest = new Set(['app', 'replayed', 'replay_store_unavailable', 'proof_before_start']);

type Fault = readonly [
  begins: (server: RedisServer, wires: readonly [Wire, Wire]) => unknown,
  ends: (server: RedisServer, wires: readonly [Wire, Wire]) => unknown,
];
