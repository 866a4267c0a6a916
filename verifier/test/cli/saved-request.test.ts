import { expect, test } from 'vitest';
import { readSavedRequest } from '../../src/cli/saved-request.ts';

const readText = (text: string) => readSavedRequest(Buffer.from(text, 'latin1'));

test('A saved message gives its fields without the white space around them', () => {
  const { request } = readText('GET /orders HTTP/1.1\r\nA:\t x y \t\r\nB:\r\n\r\n');
  expect(request).toEqual({
    method: 'GET',
    target: '/orders',
    headers: [
      ['A', 'x y'],
      ['B', ''],
    ],
  });
});

test('A saved message is read to its end, however much white space a field holds', () => {
  // Trimmed by a pattern that tries anew at every space, this would take hours.
  const blank = ' '.repeat(2_000_000);
  const { request } = readText(`GET / HTTP/1.1\r\nA: x${blank}y${blank}\r\n\r\n`);
  expect(request.headers[0]?.[1]).toHaveLength(2_000_002);
});
