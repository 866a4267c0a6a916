import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import Koa from 'koa';
import { expect, test } from 'vitest';

import { problemExit } from '../../src/http/problem-exit.ts';

test('the log of a failure does not hold the token that stands in the path', async () => {
  const lines: string[] = [];
  const note = (details: object, message: string) => void lines.push(JSON.stringify({ ...details, message }));
  const app = new Koa();
  app.use(problemExit({ info: note, warn: note, error: note }));
  app.use(() => {
    throw new Error('no disk');
  });
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const token = 'aB3-'.repeat(10) + 'xyz';
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/invitations/${token}/accept`);
  server.close();
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('no disk');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('/api/v1/invitations/…/accept');
  expect(lines[0]).not.toContain(token);
});
