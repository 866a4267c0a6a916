import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import Koa from 'koa';
import { expect, test } from 'vitest';

import { readConfig } from '../../src/config.ts';
import { readSessionCookie, writeSessionCookie } from '../../src/http/session-cookie.ts';

const token = 'A'.repeat(43);

/** What a portal at this origin sets, and what it reads of a Cookie header. */
async function exchange(origin: string, cookie: string): Promise<{ set: string | null; read: string }> {
  const config = {
    ...readConfig({}, { home: '/nowhere', sources: '/elsewhere', readFile: () => '' }),
    origin,
  };
  const app = new Koa();
  app.use((http) => {
    writeSessionCookie(http, config, token, 60);
    http.body = String(readSessionCookie(http, config));
  });
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie, connection: 'close' } });
  server.close();
  return { set: answer.headers.get('set-cookie'), read: await answer.text() };
}

test('over https the session cookie is one that no neighbouring host can plant', async () => {
  const planted = await exchange('https://portal.acme.example', `appwarrant_session=${token}`);
  expect(planted.set).toBe(
    `__Host-appwarrant_session=${token}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
  );
  expect(planted.read).toBe('null');
  const own = await exchange('https://portal.acme.example', `__Host-appwarrant_session=${token}`);
  expect(own.read).toBe(token);
});

test('without https it has a plain name', async () => {
  const plain = await exchange('http://localhost:8600', `appwarrant_session=${token}`);
  expect(plain.set).toBe(`appwarrant_session=${token}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict`);
  expect(plain.read).toBe(token);
});
