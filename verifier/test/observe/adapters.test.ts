import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import Koa from 'koa';
import { describe, expect, test } from 'vitest';
import { protect as protectFetch, requireCapability as requireForFetch } from '../../src/adapters/fetch.ts';
import { protect, requireCapability } from '../../src/adapters/koa.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { createMetrics } from '../../src/metrics.ts';
import { listen, send } from '../http/socket.ts';
import { signNow } from '../tricks/honest.ts';
import { parseExposition } from './parse-exposition.ts';
import { watch, type Watched } from './watched.ts';

// Whoever refuses a request, the adapter or the check, those who watch hear of it once.

/** A server on Koa: `/orders` demands a capability that the app has, `/admin` one that it has not, `/uploads/*` streams. */
function serve({ verifier }: Watched) {
  const app = new Koa();
  app.silent = true;
  app.use(protect(verifier, { maxBodyBytes: 100, streaming: ['/uploads/*'], exempt: ['/healthz'] }));
  const demands = { '/orders': 'orders:read', '/admin': 'admin:all', '/uploads/admin': 'admin:all' };
  for (const [path, capability] of Object.entries(demands))
    app.use((context, next) =>
      context.path === path ? requireCapability(capability)(context, next) : next(),
    );
  app.use(async (context) => {
    for await (const _ of context.req);
    context.body = 'ok';
  });
  return listen(app);
}

const post = (of: Watched, target: string, body = 'x'.repeat(50)) =>
  signNow(of.site, { method: 'POST', target, body });

describe('Behind an adapter, a request has one verdict:', () => {
  test.each<[what: string, code: string | null, make: (of: Watched) => RequestToCheck]>([
    ['admitted', null, (of) => signNow(of.site, { target: '/orders' })],
    ['admitted with a body', null, (of) => post(of, '/orders')],
    ['admitted as its body streams', null, (of) => post(of, '/uploads/a', 'x'.repeat(500))],
    ['refused by the check', 'proof_missing', () => ({ method: 'GET', target: '/orders', headers: [] })],
    ['too long a body', 'too_large', (of) => post(of, '/orders', 'x'.repeat(101))],
    ['another body', 'digest_mismatch', (of) => ({ ...post(of, '/orders'), body: Buffer.alloc(50) })],
    [
      'another body that streams',
      'digest_mismatch',
      (of) => ({ ...post(of, '/uploads/a'), body: Buffer.alloc(50) }),
    ],
  ])('%s', async (_, code, make) => {
    const watched = watch();
    await using server = await serve(watched);
    await send(server.port, make(watched));
    await expect.poll(() => watched.told.map((verdict) => verdict.code)).toEqual([code]);
    expect(watched.told[0]).toMatchObject({
      outcome: code === null ? 'admitted' : 'refused',
      wasAdmitted: false,
    });
  });

  test('a capability that is missing, before the body has come', async () => {
    const watched = watch();
    await using server = await serve(watched);
    const { method, target, headers } = post(watched, '/uploads/admin');
    const asking = request({
      port: server.port,
      method,
      path: target,
      headers: ['Host', 'a', ...headers.flat()],
    });
    asking.on('error', () => undefined);
    asking.flushHeaders();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    asking.destroy();
    expect(response.statusCode).toBe(403);
    expect(watched.told).toMatchObject([
      {
        outcome: 'refused',
        code: 'capability_missing',
        wasAdmitted: false,
        claimed: { app: { id: 'orders' } },
      },
    ]);
  });

  test('and a second one where the check has admitted it, and the route does not', async () => {
    const watched = watch();
    const metrics = createMetrics(() => watched.verifier.status());
    await using server = await serve(watched);
    await send(server.port, signNow(watched.site, { target: '/admin' }));
    expect(watched.told).toMatchObject([
      { outcome: 'admitted', code: null, wasAdmitted: false },
      { outcome: 'refused', code: 'capability_missing', wasAdmitted: true, app: { id: 'orders' } },
    ]);
    for (const verdict of watched.told) metrics.onVerdict(verdict);
    const families = parseExposition(metrics.text());
    expect(families.get('appwarrant_refused_total')?.samples).toEqual([]);
    expect(families.get('appwarrant_refused_after_admission_total')?.samples).toMatchObject([{ value: 1 }]);
  });

  test('none where the path is exempt, or a browser asks first', async () => {
    const watched = watch();
    await using server = await serve(watched);
    await send(server.port, { method: 'GET', target: '/healthz', headers: [] });
    const headers = [
      ['Origin', 'https://a.example'],
      ['Access-Control-Request-Method', 'POST'],
    ] as const;
    await send(server.port, { method: 'OPTIONS', target: '/orders', headers });
    expect(watched.told).toEqual([]);
  });

  test('on the Fetch API, too', async () => {
    const { site, verifier, told } = watch();
    const handler = protectFetch(verifier)(requireForFetch('admin:all')(() => new Response('ok')));
    const ask = ({ method, target, headers }: RequestToCheck) =>
      handler(
        new Request(`${site.origin}${target}`, {
          method,
          headers: headers.map(([n, v]) => [n, v] as [string, string]),
        }),
      );
    expect((await ask(signNow(site))).status).toBe(403);
    expect((await ask({ method: 'GET', target: '/orders', headers: [] })).status).toBe(401);
    expect(told.map(({ code, wasAdmitted }) => [code, wasAdmitted])).toEqual([
      [null, false],
      ['capability_missing', true],
      ['proof_missing', false],
    ]);
  });
});
