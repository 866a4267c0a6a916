import { json, text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { HeadAdmission, ProtectOptions } from '../../src/adapters/node.ts';
import { deployment, grantOf, makeSite } from '../http/site.ts';
import { makeKey, withHeader } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, send } from '../http/socket.ts';
import { everyName as names, make, type Api } from './frameworks.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// What an adapter promises whatever the framework.

function makeApi(name: string, options: ProtectOptions = {}, more: Partial<Api> = {}) {
  const site = makeSite();
  const seen: HeadAdmission[] = [];
  const listener = make(name, {
    verifier: site.checker,
    options,
    routes: {
      async '/orders'(request, { admission }) {
        seen.push(admission());
        return request.method === 'POST' ? JSON.stringify(await json(request)) : 'orders';
      },
      '/healthz': () => 'ok',
    },
    ...more,
  });
  return { site, seen, listener };
}

describe.each(names)('behind %s', (name) => {
  it('a handler sees who sent a signed request, with the receipt', async () => {
    const { site, seen, listener } = makeApi(name);
    await using server = await serve(listener);
    expect(await send(server.port, site.sign())).toMatchObject({ status: 200, body: 'orders' });
    expect(seen).toMatchObject([{ kind: 'app', app: { id: 'viewer' }, receipt: { deployment } }]);
  });

  it('a handler sees the very body that was signed', async () => {
    const { site, seen, listener } = makeApi(name);
    await using server = await serve(listener);
    const request = site.sign({ method: 'POST', body: '{"n":1}' });
    expect(await send(server.port, request)).toMatchObject({ status: 200, body: '{"n":1}' });
    const other = { ...site.sign({ method: 'POST', body: '{"n":1}' }), body: Buffer.from('{"n":2}') };
    expectProblem(await send(server.port, other), 401, 'digest_mismatch');
    expect(seen.length).toBe(1);
  });

  it('an unsigned request is refused, also with HEAD, where nothing but the head is sent', async () => {
    const { seen, listener } = makeApi(name);
    await using server = await serve(listener);
    const request = { method: 'GET', target: '/orders', headers: [] };
    const answer = await send(server.port, request);
    expectProblem(answer, 401, 'proof_missing');
    expect(Number(answer.headers.get('content-length'))).toBe(Buffer.byteLength(answer.body));
    const raw = await exchange(server.port, headOf({ ...request, method: 'HEAD' }));
    expect(raw).toMatch(/^HTTP\/1\.1 401 [^]*\r\n\r\n$/);
    expect(seen).toEqual([]);
  });

  it('an exempt path needs no proof, and has no admission', async () => {
    const { listener } = makeApi(name, { exempt: ['/healthz'] });
    await using server = await serve(listener);
    const get = (target: string) => send(server.port, { method: 'GET', target, headers: [] });
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok' });
    expect(await get('/healthz?a=b')).toMatchObject({ status: 200, body: 'ok' });
    for (const target of ['/healthz/', '/Healthz', '/%68ealthz', '/healthz;a', '/orders'])
      expectProblem(await get(target), 401, 'proof_missing');
    const exempt = makeApi(name, { exempt: ['/orders'] });
    await using other = await serve(exempt.listener);
    expect((await send(other.port, { method: 'GET', target: '/orders', headers: [] })).status).toBe(500);
    expect(exempt.seen).toEqual([]);
  });

  it('a preflight is answered, and reaches no handler', async () => {
    const { seen, listener } = makeApi(name, { browserOrigins: ['https://viewer.test'] });
    await using server = await serve(listener);
    const preflight = {
      method: 'OPTIONS',
      target: '/orders',
      headers: [
        ['Origin', 'https://viewer.test'],
        ['Access-Control-Request-Method', 'POST'],
      ],
    } as const;
    const answer = await send(server.port, preflight);
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST');
    const foreign = await send(server.port, withHeader(preflight, 'Origin', 'https://evil.test'));
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
    expect(foreign.headers.get('vary')).toMatch(/\bOrigin\b/);
    expectProblem(
      await send(server.port, withHeader(preflight, 'Access-Control-Request-Method', undefined)),
      401,
      'proof_missing',
    );
    expect(seen).toEqual([]);
  });

  it('pages of listed origins may read the answers, refusals too', async () => {
    const { site, listener } = makeApi(name, { browserOrigins: ['https://viewer.test'] });
    await using server = await serve(listener);
    const headers = [['Origin', 'https://viewer.test']] as const;
    for (const request of [site.sign({ headers }), { method: 'GET', target: '/orders', headers }]) {
      const answer = await send(server.port, request);
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
      expect(answer.headers.get('access-control-expose-headers')).toContain('AppWarrant-Deployment');
    }
  });

  it('a route refuses apps without its capability, and a grant in force admits them all the same', async () => {
    const key = makeKey();
    const { site, seen, listener } = makeApi(name, {}, { capability: 'orders:read' });
    site.state.apps = [{ key, custom: { capabilities: ['orders'] } }];
    await using server = await serve(listener);
    expectProblem(await send(server.port, site.sign({ key })), 403, 'capability_missing');
    expect(seen).toEqual([]);
    site.state.monitor = grantOf('monitor');
    expect((await send(server.port, site.sign({ key }))).status).toBe(200);
    const unsigned = await send(server.port, { method: 'GET', target: '/orders', headers: [] });
    expect(unsigned.status).toBe(200);
    expect(unsigned.headers.get('appwarrant-deployment')).toBe(deployment);
    expect(seen).toMatchObject([
      { kind: 'monitored', refused: { code: 'capability_missing' }, deployment },
      { kind: 'monitored', refused: { code: 'proof_missing' }, deployment },
    ]);
  });

  it('the verdict is told in a field where that was asked for, and nowhere else', async () => {
    const asked = makeApi(name, { verdictHeader: true, exempt: ['/healthz'] });
    await using server = await serve(asked.listener);
    const field = async (target: string, sign: boolean) => {
      const request = sign ? asked.site.sign({ target }) : { method: 'GET', target, headers: [] };
      return (await send(server.port, request)).headers.get('appwarrant-verdict');
    };
    expect(await field('/orders', true)).toMatch(/viewer/);
    expect(await field('/orders', false)).toMatch(/proof_missing/);
    expect(await field('/healthz', false)).toMatch(/exempt/);
    asked.site.state.monitor = grantOf('monitor');
    expect(await field('/orders', false)).toMatch(/monitored.*proof_missing/);
    const silent = makeApi(name);
    await using other = await serve(silent.listener);
    for (const request of [silent.site.sign(), { method: 'GET', target: '/', headers: [] }])
      expect((await send(other.port, request)).headers.has('appwarrant-verdict')).toBe(false);
  });

  it('a refused request leaves the connection usable, and its body is no request', async () => {
    const { listener, seen } = makeApi(name);
    await using server = await serve(listener);
    const inner = 'GET /orders HTTP/1.1\r\nHost: a\r\n\r\n';
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(inner.length)}\r\n\r\n`;
    const last = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answers = parseAnswers(await exchange(server.port, head, inner, last));
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(seen).toEqual([]);
  });

  it('a fault of the verifier serves nothing, and does not end the process', async () => {
    const listener = make(name, {
      verifier: { checkHeadAsync: () => Promise.reject(new TypeError('a fault')) },
      routes: { '/orders': text as never },
    });
    await using server = await serve(listener);
    for (let i = 0; i < 2; i += 1) expect((await send(server.port, makeSite().sign())).status).toBe(500);
  });
});

describe('Options that are none', () => {
  it.each<[string, object, ErrorConstructor]>([
    ['a body without end', { maxBodyBytes: Infinity }, RangeError],
    ['a body of 17 MiB', { maxBodyBytes: 17 * 1024 * 1024 }, RangeError],
    ['a silence of a minute', { bodySilence: 60 }, RangeError],
    ['no silence at all', { bodySilence: 0 }, RangeError],
    ['a silence that is none', { bodySilence: NaN }, RangeError],
    ['a silence in words', { bodySilence: '10' }, RangeError],
    ['a path for a list', { exempt: '/healthz' }, TypeError],
    ['a pattern for a path', { exempt: [/healthz/] }, TypeError],
    ['an origin for a list', { browserOrigins: 'https://a.test' }, TypeError],
  ])('stop the start: %s', (_what, options, error) => {
    for (const name of names)
      expect(() => make(name, { verifier: makeSite().checker, options, routes: {} })).toThrow(error);
  });

  it('and capabilities that are none do, too', () => {
    for (const name of names)
      for (const capability of ['Orders', '', 'a b', 5 as unknown as string])
        expect(() => make(name, { verifier: makeSite().checker, capability, routes: {} })).toThrow(TypeError);
  });
});
