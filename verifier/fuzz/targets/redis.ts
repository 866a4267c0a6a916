import { parseRedisAddress } from '../../src/sidecar/redis-address.ts';
import { createRespReader, RespError, writeCommand, type Reply } from '../../src/sidecar/resp.ts';
import { bytesTarget, demand, refusing, textTarget, type Target } from '../target.ts';

/** Replies as text: two that read alike are alike. */
const written = (replies: readonly Reply[]): string =>
  JSON.stringify(replies, (_, value: unknown) => (value instanceof RespError ? `-${value.message}` : value));

export const redisTargets: readonly Target[] = [
  bytesTarget({
    name: 'redis-replies',
    parsers: ['sidecar/resp.createRespReader'],
    words: ['\r\n', '*', '$', '-', '+', ':', '$-1\r\n', '*3\r\n', '*-1\r\n', '$5\r\nfirst\r\n', '999999999'],
    seeds: () => [
      Buffer.from('*1\r\n$5\r\nfirst\r\n+PONG\r\n:7\r\n$-1\r\n*-1\r\n-ERR no\r\n*2\r\n*0\r\n$0\r\n\r\n'),
      writeCommand(['EVALSHA', 'abc', '2', 'a', 'b']),
    ],
    judge: (bytes) => {
      const whole = refusing(Error, () => createRespReader().push(bytes));
      const reader = createRespReader();
      const half = bytes.length >> 1;
      const parts = refusing(Error, () => [
        ...reader.push(bytes.subarray(0, half)),
        ...reader.push(bytes.subarray(half)),
      ]);
      demand(written(whole) === written(parts), 'is the same in pieces');
    },
  }),
  textTarget({
    name: 'redis-address',
    parsers: ['sidecar/redis-address.parseRedisAddress'],
    words: ['redis://', 'rediss://', 'unix:', '/', '@', ':', '%2f', '#', '?', '[::1]', '127.0.0.1'],
    seeds: () => [
      'redis://user:secret@redis.example:6380/3',
      'redis://:p%40ss@[::1]/0',
      'rediss://redis.example',
      'unix:/run/redis/redis.sock',
    ],
    judge: (text) => {
      const { at, account, database } = refusing(TypeError, () => parseRedisAddress(text));
      if ('path' in at) demand(at.path.startsWith('/'), 'is a whole path');
      else demand(at.host !== '' && at.port >= 0 && at.port < 65_536, 'has a host and a port');
      demand(account === null || account.password !== '', 'has a password where it has a user');
      demand(Number.isInteger(database) && database >= 0 && database < 10_000, 'is a number of a database');
    },
  }),
];
