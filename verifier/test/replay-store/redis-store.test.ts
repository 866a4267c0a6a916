import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimScript, claimScriptSha1 } from '../../src/replay-store/claim-script.ts';
import { redisReplayStore, type RedisClient } from '../../src/replay-store/redis.ts';
import type { ReplayStore } from '../../src/replay-store/replay-store.ts';
import { parseRedisAddress } from '../../src/sidecar/redis-address.ts';
import { connectRedis, type RedisConnection } from '../../src/sidecar/redis-client.ts';
import { newNonce } from '../http/sign.ts';
import { signNow } from '../tricks/honest.ts';
import { ask, openNodes } from './nodes.ts';
import { noRedis, settle, startRedis, startWire, type RedisServer } from './redis-server.ts';

// What a store over a real server answers, claim by claim.

const now = (): number => Math.floor(Date.now() / 1000);
let taken = 0;
const anId = (): string => `id-${String((taken += 1))}`;

test('The script is known by its digest', () => {
  expect(createHash('sha1').update(claimScript).digest('hex')).toBe(claimScriptSha1);
});

test.each<[unknown]>([[null], [undefined], [{}], ['redis://127.0.0.1'], [{ sendCommand: 'x' }]])(
  '%j is no client',
  (client) => {
    expect(() => redisReplayStore(client as RedisClient)).toThrow(TypeError);
  },
);

test.each<[unknown]>([['OK'], [null], [[]], [['yes']], [[null]], [['splits?']], [{}]])(
  'A client that answers %j has not answered',
  async (reply) => {
    const store = redisReplayStore({ call: () => Promise.resolve(reply) });
    await expect(store.claim(anId(), 60, now())).rejects.toThrow('another answer');
  },
);

test('A server that forgets at every claim is none', async () => {
  let epoch = 0;
  const store = redisReplayStore({
    call: () => Promise.resolve(['epoch', `run 0 ${String((epoch += 1))} 0`, '100000']),
  });
  await expect(store.claim(anId(), 60, now())).resolves.toBe('forgotten');
});

test('Claims that wait for a server that is away do not pile up', async () => {
  const store = redisReplayStore({ call: () => new Promise(() => undefined) });
  for (let i = 0; i < 4096; i += 1) void store.claim(anId(), 60, now());
  await expect(store.claim(anId(), 60, now())).rejects.toThrow('4096 claims wait');
});

describe.skipIf(noRedis !== undefined)('Over a real server', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  const reconnected = async (): Promise<void> => {
    while ((await connection.call('PING').catch(() => '')) !== 'PONG') await wait(20);
  };
  beforeAll(async () => {
    server = await startRedis();
    connection = connectRedis(parseRedisAddress(`unix:${server.socket}`));
    await reconnected();
  });
  afterAll(async () => {
    connection.close();
    await server[Symbol.asyncDispose]();
  });
  const open = (options?: { prefix: string }): ReplayStore => redisReplayStore(connection, options);
  const settled = (): ReplayStore => {
    settle(server);
    return open();
  };

  test('an id is taken once, for as long as was said, and nobody who reads there learns a nonce', async () => {
    const [one, other, id] = [settled(), open(), anId()];
    expect(await one.claim(id, 100, now())).toBe('first');
    expect(await other.claim(id, 100, now())).toBe('used');
    expect(await one.claim(id, 100, now())).toBe('used');
    const left = Number(server.cli('PTTL', `appwarrant:{replay}:${id}`));
    expect(left).toBeGreaterThan(90_000);
    expect(left).toBeLessThanOrEqual(100_000);
    expect(await one.claim(id, 1, now())).toBe('used');
    const { site, nodes } = openNodes([one]);
    const nonce = newNonce();
    expect(await ask(nodes[0]!, signNow(site, { nonce }))).toBe('app');
    const all = server.cli('KEYS', '*').split('\n');
    expect(all.filter((key) => /^appwarrant:\{replay\}:[\w-]{43}$/.test(key)).length).toBe(1);
    expect(all.join('\n')).not.toContain(nonce);
    expect(server.cli('MGET', ...all)).not.toContain(nonce);
  });

  test('sites with prefixes of their own do not meet', async () => {
    const id = anId();
    settle(server, '0', 'mine:{replay}:epoch');
    expect(await settled().claim(id, 60, now())).toBe('first');
    expect(await open({ prefix: 'mine:' }).claim(id, 60, now())).toBe('first');
  });

  test('who starts over an epoch that has just begun has to begin anew, and over an old one has not', async () => {
    server.cli('DEL', 'appwarrant:{replay}:epoch');
    const first = open();
    expect(await first.claim(anId(), 60, now())).toBe('forgotten');
    expect(await first.claim(anId(), 60, now())).toBe('first');
    expect(await open().claim(anId(), 60, now())).toBe('forgotten');
    expect(await settled().claim(anId(), 60, now())).toBe('first');
    expect(await first.claim(anId(), 60, now())).toBe('forgotten');
  });

  test('each node hears once that ids may be lost: after a flush, a restart, and a swap of databases', async () => {
    const nodes = [settled(), open()];
    for (const node of nodes) expect(await node.claim(anId(), 60, now())).toBe('first');
    for (const lose of [
      () => server.cli('FLUSHALL'),
      () => server.restart(),
      () => server.cli('SWAPDB', '0', '1'),
      () => server.cli('FLUSHDB', 'ASYNC'),
    ]) {
      await lose();
      await reconnected();
      for (const node of nodes) {
        expect(await node.claim(anId(), 60, now())).toBe('forgotten');
        expect(await node.claim(anId(), 60, now())).toBe('first');
      }
    }
  });

  test('of claims that are under way at once when ids are lost, one hears of it, and the others are taken after it', async () => {
    const node = settled();
    expect(await node.claim(anId(), 60, now())).toBe('first');
    server.cli('FLUSHALL');
    const answers = await Promise.all(Array.from({ length: 5 }, () => node.claim(anId(), 60, now())));
    expect(answers.toSorted()).toEqual(['first', 'first', 'first', 'first', 'forgotten']);
  });

  test('a node whose time is more than 30 s away is told to set its clock', async () => {
    const node = settled();
    for (const away of [-33, 33]) {
      await expect(node.claim(anId(), 60, now() + away)).rejects.toThrow(
        /s away from that of Redis, and 30 s are allowed/,
      );
      await expect(node.claim(anId(), 60, now() + Math.sign(away) * 28)).resolves.toBe('first');
    }
  });

  test('a server that throws keys away when it is full is refused at once, and if it has thrown any away it has forgotten', async () => {
    const node = settled();
    expect(await node.claim(anId(), 60, now())).toBe('first');
    server.cli('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    await expect(node.claim(anId(), 60, now())).rejects.toThrow('maxmemory-policy volatile-lru');
    server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(await node.claim(anId(), 60, now())).toBe('first');

    server.cli('CONFIG', 'SET', 'maxmemory-policy', 'volatile-ttl');
    for (let i = 0; i < 50; i += 1) server.cli('SET', `victim-${String(i)}`, 'x'.repeat(1000), 'EX', '5');
    server.cli('CONFIG', 'SET', 'maxmemory', '1');
    server.cli('SET', 'more', 'x');
    server.cli('CONFIG', 'SET', 'maxmemory', '0');
    server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    expect(server.cli('INFO', 'stats')).toMatch(/evicted_keys:[1-9]/);
    expect(await node.claim(anId(), 60, now())).toBe('forgotten');
  });

  test('a server that is full says so, and one that only copies another is refused', async () => {
    const node = settled();
    server.cli('CONFIG', 'SET', 'maxmemory', '1');
    await expect(node.claim(anId(), 60, now())).rejects.toThrow(/OOM/);
    server.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await node.claim(anId(), 60, now())).toBe('first');
    await using copy = await startRedis('--replicaof', '127.0.0.1', String(server.port));
    const reader = connectRedis(parseRedisAddress(`unix:${copy.socket}`));
    while ((await reader.call('PING').catch(() => '')) !== 'PONG') await wait(20);
    await expect(redisReplayStore(reader).claim(anId(), 60, now())).rejects.toThrow('is a replica');
    reader.close();
  });

  test('a master whose replica may take its place without knowing all is refused, and at a fail-over ids are forgotten', async () => {
    await using master = await startRedis();
    await using replica = await startRedis(
      '--replicaof',
      '127.0.0.1',
      String(master.port),
      '--repl-diskless-sync-delay',
      '0',
    );
    while (!master.cli('INFO', 'replication').includes('state=online')) await wait(20);
    await using wire = await startWire(master.port);
    const client = connectRedis(parseRedisAddress(`redis://127.0.0.1:${String(wire.port)}`));
    while ((await client.call('PING').catch(() => '')) !== 'PONG') await wait(20);
    settle(master);
    const node = redisReplayStore(client);
    await expect(node.claim(anId(), 60, now())).rejects.toThrow('min-replicas-to-write');

    for (const each of [master, replica])
      each.cli('CONFIG', 'SET', 'min-replicas-to-write', '1', 'min-replicas-max-lag', '1');
    const id = anId();
    while ((await node.claim(id, 60, now()).catch(() => '')) !== 'first') await wait(50);
    // A master whose replica has gone quiet takes nothing more.
    replica.pause();
    for (let tries = 0; ; tries += 1) {
      const said = await node.claim(anId(), 60, now()).catch((error: unknown) => String(error));
      if (said.includes('NOREPLICAS')) break;
      expect(tries).toBeLessThan(100);
      await wait(100);
    }
    await master.kill();
    replica.resume();
    replica.cli('REPLICAOF', 'NO', 'ONE');
    replica.cli('CONFIG', 'SET', 'min-replicas-to-write', '0');
    wire.leadTo(replica.port);
    while ((await client.call('PING').catch(() => '')) !== 'PONG') await wait(20);
    expect(await node.claim(id, 60, now())).toBe('forgotten');
    client.close();
  });

  test('a password is sent before anything else, and a wrong one is said to the log', async () => {
    await using guarded = await startRedis('--requirepass', 'open sesame');
    const address = (password: string) =>
      parseRedisAddress(`redis://:${encodeURIComponent(password)}@127.0.0.1:${String(guarded.port)}/2`);
    const right = connectRedis(address('open sesame'));
    while ((await right.call('PING').catch(() => '')) !== 'PONG') await wait(20);
    expect(await redisReplayStore(right).claim(anId(), 60, now())).toBe('forgotten');
    right.close();
    const wrong = connectRedis(address('sesame'));
    const heard = async (): Promise<string> => wrong.call('PING').then(String, String);
    while (!(await heard()).includes('WRONGPASS')) await wait(20);
    expect(await heard()).not.toContain('sesame');
    wrong.close();
  });
});
