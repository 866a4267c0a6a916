import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { parseRedisAddress } from '../../src/sidecar/redis-address.ts';
import { connectRedis } from '../../src/sidecar/redis-client.ts';
import { createRespReader, RespError } from '../../src/sidecar/resp.ts';

// What a Redis that is none, or that means harm, does to a sidecar which is connected to it.

const push = (text: string): unknown => createRespReader().push(Buffer.from(text));

describe('A reply', () => {
  test('is read as it comes, whole or in pieces', () => {
    const reader = createRespReader();
    const text = '*3\r\n$5\r\nfirst\r\n:7\r\n$-1\r\n+OK\r\n';
    const replies = text.split('').flatMap((each) => reader.push(Buffer.from(each)));
    expect(replies).toEqual([['first', 7, null], 'OK']);
  });

  test('of more items, more bytes or deeper than the script gives is refused', () => {
    const items = (count: number): string => `*${String(count)}\r\n${':1\r\n'.repeat(count)}`;
    expect(push(items(16))).toHaveLength(1);
    expect(() => push(items(17))).toThrow('too large');
    expect(() => push('*1000000\r\n')).toThrow('too large');
    expect(() => push('*1\r\n'.repeat(9))).toThrow('too large');
    expect(() => push(`$${String(16 * 1024 + 1)}\r\n`)).toThrow('longer than 16 KiB');
    expect(() => push(`+${'x'.repeat(17 * 1024)}`)).toThrow('longer than 16 KiB');
  });

  test('that says no is kept as far as a line of the log should hold it', () => {
    const [no] = push(`-${'x'.repeat(10_000)}\r\n`) as [RespError];
    expect(no).toBeInstanceOf(RespError);
    expect(no.message).toBe('x'.repeat(300));
  });
});

test('Whoever greets and ends the connection again is asked ever more seldom', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('+PONG\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const told: (string | null)[] = [];
  const client = connectRedis(parseRedisAddress(`redis://127.0.0.1:${String(port)}`), {
    onChange: (problem) => void told.push(problem),
  });
  await expect.poll(() => connections, { timeout: 30_000 }).toBeGreaterThan(3);
  await wait(2000);
  client.close();
  server.close();
  expect(told.length).toBeGreaterThan(0);
  // At the pace of the first try there would be forty and more.
  expect(connections).toBeLessThan(12);
});
