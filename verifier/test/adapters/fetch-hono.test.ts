import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, getRequestListener } from '@hono/node-server';
import fc from 'fast-check';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import {
  admissionOf,
  bodyChecked,
  forHono,
  protect,
  requireCapability,
  type ProtectOptions,
} from '../../src/adapters/fetch.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { deployment, grantOf, makeSite, type Site } from '../http/site.ts';
import { alsoWithHeader, digestField, makeKey, withHeader } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, send, sendThenRead } from '../http/socket.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// Hono behind its own server for Node: what becomes of bytes on a socket.

const unsigned = (target: string, method = 'GET'): RequestToCheck => ({ method, target, headers: [] });
const post = { method: 'POST', target: '/orders', headers: [['Content-Type', 'application/json']] } as const;

/** Routes that note what reached them. */
function addRoutes(app: Hono, reached: string[]): Hono {
  return app.all('/orders', async (c) => {
    reached.push(`${c.req.method} ${c.req.path}`);
    const body = await c.req.text();
    return c.json({ kind: admissionOf(c.req.raw).kind, body });
  });
}

type Build = (app: Hono, reached: string[]) => unknown;

/** `outside`: protect() around the app's fetch. `inside`: protect() as its first middleware. */
const forms = {
  outside(site: Site, options: ProtectOptions, build: Build, reached: string[]) {
    const app = new Hono();
    build(app, reached);
    return protect(site.checker, options)(app.fetch);
  },
  inside(site: Site, options: ProtectOptions, build: Build, reached: string[]) {
    const app = new Hono();
    app.use(forHono(protect(site.checker, options)));
    build(app, reached);
    return app.fetch;
  },
};

async function listen(
  form: keyof typeof forms,
  site: Site,
  { options = {}, build = addRoutes }: { options?: ProtectOptions; build?: Build } = {},
) {
  const reached: string[] = [];
  const listener = getRequestListener(forms[form](site, options, build, reached));
  const served = await serve((request, response) => void listener(request, response));
  return { ...served, reached, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}

describe.each(['outside', 'inside'] as const)('behind protect(), %s', (form) => {
  it('a refusal is heard also by a client that sends a long body before it reads', async () => {
    const site = makeSite();
    await using server = await listen(form, site, { options: { maxBodyBytes: 1000 } });
    const long = 'x'.repeat(8_000_000);
    const field = `Content-Length: ${String(long.length)}`;
    const tooLong = (framing: string): string =>
      headOf(site.sign({ ...post, body: 'x' })).replace('Content-Length: 1', framing);
    const refused = [
      [
        401,
        'proof_missing',
        () => headOf(unsigned('/orders', 'POST')).replace('\r\n', `\r\n${field}\r\n`),
        long,
      ],
      [413, 'too_large', () => tooLong(field), long],
      [
        413,
        'too_large',
        () => tooLong('Transfer-Encoding: chunked'),
        `${long.length.toString(16)}\r\n${long}\r\n0\r\n\r\n`,
      ],
    ] as const;
    for (const [status, code, head, body] of refused) {
      expectProblem(parseAnswers(await sendThenRead(server.port, head(), body))[0], status, code);
      const kept = head().replace('Connection: close\r\n', '');
      const all = await sendThenRead(server.port, kept, body, headOf(site.sign()));
      expectProblem(parseAnswers(all)[0], status, code);
    }
  });

  it('a handler has the admission and the body of a signed request, and no other sees any', async () => {
    const site = makeSite();
    await using server = await listen(form, site);
    expect(JSON.parse((await send(server.port, site.sign())).body)).toEqual({ kind: 'app', body: '' });
    const signed = site.sign({ ...post, body: '{"n":1}' });
    expect(JSON.parse((await send(server.port, signed)).body)).toEqual({ kind: 'app', body: '{"n":1}' });
    expect(server.reached.length).toBe(2);
    expectProblem(await send(server.port, unsigned('/orders')), 401, 'proof_missing');
    expectProblem(await send(server.port, signed), 401, 'replayed');
    const changed = { ...site.sign({ ...post, body: '{"n":1}' }), body: Buffer.from('{"n":2}') };
    expectProblem(await send(server.port, changed), 401, 'digest_mismatch');
    expectProblem(await send(server.port, site.sign({ key: makeKey() })), 403, 'app_not_approved');
    expect(server.reached.length).toBe(2);
  });

  it('stands before sub-apps, mounted handlers, error and 404 handlers, for every method', async () => {
    const site = makeSite();
    await using server = await listen(form, site, {
      build(app, reached) {
        const note = (what: string) => () => {
          reached.push(what);
          return new Response(what);
        };
        app.get('/get', note('get')).route('/sub', new Hono().get('/x', note('sub')));
        // oxlint-disable-next-line typescript/no-deprecated -- there are apps that use it
        app.mount('/mounted', note('mounted'));
        app.get('/fails', () => {
          throw new Error('database');
        });
        app.notFound(note('none')).onError(note('error'));
      },
    });
    const targets = ['/get', '/sub/x', '/mounted/a', '/fails', '/none', '/%67et', '/get/'];
    for (const target of targets) {
      for (const method of ['GET', 'PUT', 'OPTIONS', 'TRACE'])
        expectProblem(await send(server.port, unsigned(target, method)), 401, 'proof_missing');
      expect((await exchange(server.port, headOf(unsigned(target, 'HEAD')))).slice(0, 12)).toBe(
        'HTTP/1.1 401',
      );
    }
    expect(server.reached).toEqual([]);
    for (const target of targets.slice(0, 5)) await send(server.port, site.sign({ target }));
    expect(server.reached).toEqual(['get', 'sub', 'mounted', 'error', 'none']);
  });

  it('a body comes in chunks, is too large, is torn, or is missing', async () => {
    const site = makeSite();
    await using server = await listen(form, site, { options: { maxBodyBytes: 1000 } });
    const headers = [...post.headers, ['Transfer-Encoding', 'chunked']] as const;
    const chunked = headOf(site.sign({ ...post, headers, body: 'one two' }));
    const [whole] = parseAnswers(
      await exchange(server.port, chunked, '4\r\none \r\n', '3\r\ntwo\r\n0\r\n\r\n'),
    );
    expect(JSON.parse(whole?.body ?? '')).toMatchObject({ body: 'one two' });
    const large = site.sign({ ...post, body: 'a'.repeat(1001) });
    expectProblem(await send(server.port, large), 413, 'too_large');
    const late = headOf(site.sign({ ...post, headers, body: 'a'.repeat(1001) }));
    const [refused] = parseAnswers(
      await exchange(server.port, late, '3e9\r\n', 'a'.repeat(1001), '\r\n0\r\n\r\n'),
    );
    expectProblem(refused, 413, 'too_large');
    const none = headOf(site.sign({ ...post, headers: [...headers, ['Content-Digest', digestField('')]] }));
    expectProblem(parseAnswers(await exchange(server.port, none, '0\r\n\r\n'))[0], 400, 'body_incomplete');
    // Fetch gives GET no body, so that nobody could check it.
    const get = site.sign({ ...post, method: 'GET', body: 'slipped' });
    expectProblem(await send(server.port, get), 400, 'body_incomplete');
    const { connect } = await import('node:net');
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(`${headOf(site.sign({ ...post, body: 'whole' }))}who`);
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on('close', () => resolve());
    });
    expect((await send(server.port, site.sign())).status).toBe(200);
    expect(server.reached.length).toBe(2);
  });

  it('the connection is usable for the next request, which has an admission of its own', async () => {
    const site = makeSite();
    await using server = await listen(form, site);
    const open = (request: RequestToCheck) => headOf(request).replace('Connection: close\r\n', '');
    const first = site.sign({ ...post, body: 'first' });
    const refused = { ...unsigned('/orders', 'POST'), headers: [['Content-Length', '5']] as const };
    const answers = parseAnswers(
      await exchange(server.port, open(first), 'first', open(refused), 'again', headOf(site.sign())),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200]);
    expect(server.reached.length).toBe(2);
  });

  it('a streamed body is given as it comes, and a changed one never ends', async () => {
    const site = makeSite();
    await using server = await listen(form, site, {
      options: { streaming: ['/scans/*'], maxBodyBytes: 10 },
      build(app, reached) {
        app.put('/scans/:name', async (c) => {
          reached.push(String((await c.req.arrayBuffer()).byteLength));
          return c.json((await bodyChecked(c.req.raw)).kind);
        });
      },
    });
    const put = { method: 'PUT', target: '/scans/a', body: 'a'.repeat(3_000_000) };
    expect(await send(server.port, site.sign(put))).toMatchObject({ status: 200, body: '"app"' });
    const changed = { ...site.sign(put), body: Buffer.alloc(3_000_000, 'b') };
    expectProblem(await send(server.port, changed), 401, 'digest_mismatch');
    expect(server.reached).toEqual(['3000000']);
  });

  it('a route demands a capability, and a grant in force admits', async () => {
    const key = makeKey();
    const site = makeSite({ apps: [{ key, custom: { capabilities: [] } }] });
    await using server = await listen(form, site, {
      build(app, reached) {
        app.get('/orders', forHono(requireCapability('orders:read')), (c) => {
          reached.push(admissionOf(c.req.raw).kind);
          return c.text('orders');
        });
      },
    });
    expectProblem(await send(server.port, site.sign({ key })), 403, 'capability_missing');
    site.state.monitor = grantOf('monitor');
    const granted = await send(server.port, unsigned('/orders'));
    expect([granted.status, granted.headers.get('appwarrant-deployment')]).toEqual([200, deployment]);
    expect(server.reached).toEqual(['monitored']);
  });

  it('browsers may read what is answered, and their preflight reaches no handler', async () => {
    const site = makeSite();
    await using server = await listen(form, site, { options: { browserOrigins: ['https://viewer.test'] } });
    const preflight = alsoWithHeader(
      withHeader(unsigned('/orders', 'OPTIONS'), 'Origin', 'https://viewer.test'),
      'Access-Control-Request-Method',
      'PUT',
    );
    const allowed = await send(server.port, preflight);
    expect([allowed.status, allowed.headers.get('access-control-allow-methods')]).toEqual([204, 'PUT']);
    for (const request of [unsigned('/orders'), site.sign()]) {
      const answer = await send(server.port, withHeader(request, 'Origin', 'https://viewer.test'));
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    }
    expect(server.reached).toEqual(['GET /orders']);
  });
});

describe('what Hono’s server makes of a request line', () => {
  it('an absolute target changes nothing that a handler routes by, and lends no other path', async () => {
    const site = makeSite();
    await using server = await listen('outside', site);
    const request = site.sign({ target: '/orders' });
    expect((await send(server.port, { ...request, target: 'http://evil.test/orders' })).status).toBe(200);
    for (const target of [
      'http://evil.test/other',
      'http://evil.test//orders',
      'http://evil.test/x%2f..%2forders',
    ])
      expect(
        (await send(server.port, { ...site.sign({ target: '/orders' }), target })).status,
      ).toBeGreaterThan(399);
    expect(server.reached).toEqual(['GET /orders']);
  });

  it('whatever is admitted was signed as the handler sees it, whatever the target and Host', async () => {
    const site = makeSite();
    await using server = await listen('outside', site, {
      build(app, reached) {
        app.all('/*', (c) => {
          reached.push(c.req.url.slice(c.req.url.indexOf('/', 8)), c.req.path);
          return c.text('served');
        });
      },
    });
    const piece = fc.constantFrom(
      ...Array.from('ab/.%?#&=;:@\\'),
      '%2e',
      '%2F',
      '..',
      '//',
      '%5c',
      'http://x',
    );
    const target = fc.array(piece, { maxLength: 6 }).map((all) => `/${all.join('')}`);
    const host = fc.constantFrom('ris.hospital.test', 'a', 'ab:1', 'a:80', '[::1]', '1.2.3.4:8080', 'A_b');
    await fc.assert(
      fc.asyncProperty(target, target, host, async (signed, sent, name) => {
        for (const as of [signed, sent]) {
          server.reached.length = 0;
          const request = withHeader({ ...site.sign({ target: as }), target: sent }, 'Host', name);
          const [answer] = parseAnswers(await exchange(server.port, headOf(request)));
          const path = as.split('?')[0] ?? '';
          if (answer?.status === 200) {
            expect(server.reached[0]).toBe(as);
            if (!path.includes('%')) expect(server.reached[1]).toBe(path);
          } else expect(server.reached).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it.each<readonly [string, number, ReasonCode | null, (request: RequestToCheck) => RequestToCheck]>([
    ['two slashes', 400, 'target_malformed', (r) => ({ ...r, target: '//orders' })],
    ['a fragment', 400, 'target_malformed', (r) => ({ ...r, target: '/orders#a' })],
    ['a dot segment in code', 401, 'signature_invalid', (r) => ({ ...r, target: '/x/%2e%2e/orders' })],
    ['a second deployment', 401, 'wrong_deployment', (r) => alsoWithHeader(r, 'AppWarrant-Deployment', 'x')],
    [
      'a second Authorization',
      401,
      'proof_coverage',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Authorization', 'a'), 'Authorization', 'b'),
    ],
    [
      'a second Cookie',
      401,
      'proof_coverage',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Cookie', 'a=b'), 'Cookie', 'a=c'),
    ],
    ['a second Signature', 401, 'proof_malformed', (r) => alsoWithHeader(r, 'Signature', 'app=:AAAA:')],
    [
      'a second Host',
      400,
      'header_repeated',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Host', 'a'), 'host', 'b'),
    ],
    ['a method override', 400, 'method_override', (r) => alsoWithHeader(r, 'X-Method-Override', 'PUT')],
    ['a user in Host', 400, null, (r) => withHeader(r, 'Host', 'a@b')],
    ['a path in Host', 400, null, (r) => withHeader(r, 'Host', 'h/orders')],
    ['a question in Host', 400, null, (r) => withHeader(r, 'Host', 'h?')],
    ['a backslash in the path', 400, null, (r) => ({ ...r, target: '/x\\..\\orders' })],
    ['the server itself', 400, null, (r) => ({ ...r, method: 'OPTIONS', target: '*' })],
  ])('is refused: %s', async (what, status, code, change) => {
    const site = makeSite();
    await using server = await listen('outside', site);
    const spelled = what === 'a fragment' || what === 'two slashes';
    const signed = change(spelled ? site.sign({ target: change(site.sign()).target }) : site.sign());
    // What Hono's server refuses itself has no body that it would measure.
    if (code === null) expect(await exchange(server.port, headOf(signed))).toMatch(/^HTTP\/1\.1 400 /);
    else expectProblem(await send(server.port, signed), status, code);
    expect(server.reached).toEqual([]);
  });
});

describe('an upgrade to a WebSocket', () => {
  it('is judged like any other request: Hono’s server asks the wrapped handler', async () => {
    const site = makeSite();
    const asked: string[] = [];
    const app = new Hono().get('/chat', (c) => {
      asked.push(admissionOf(c.req.raw).kind);
      return c.text('no socket here');
    });
    // As `ws` would be: it has no part in the decision.
    const wss = Object.assign(new EventEmitter(), { options: { noServer: true }, close: () => undefined });
    const server = createAdaptorServer({
      fetch: protect(site.checker)(app.fetch),
      websocket: { server: wss as never },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const upgrade = (request: RequestToCheck) =>
      exchange(
        port,
        headOf(request).replace('Connection: close', 'Connection: Upgrade\r\nUpgrade: websocket'),
      );
    expect(await upgrade(unsigned('/chat'))).toMatch(/^HTTP\/1\.1 401 /);
    expect(asked).toEqual([]);
    expect(await upgrade(site.sign({ target: '/chat' }))).toMatch(/^HTTP\/1\.1 200 /);
    expect(asked).toEqual(['app']);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('what people forget', () => {
  it('a route that was added before the middleware demands its capability in vain, and is named by the self-test', async () => {
    const site = makeSite();
    const app = new Hono();
    app.get('/orders', forHono(requireCapability('orders:read')), (c) => c.text('orders'));
    app.use(forHono(protect(site.checker)));
    const listener = getRequestListener(app.fetch);
    await using server = await serve((request, response) => void listener(request, response));
    expectProblem(await send(server.port, site.sign()), 500, 'not_protected');
  });

  it('a request is checked once where protect() stands around the app and in it', async () => {
    const site = makeSite();
    const reached: string[] = [];
    const app = new Hono().use(forHono(protect(site.checker)));
    addRoutes(app, reached);
    const listener = getRequestListener(protect(site.checker)(app.fetch));
    await using server = await serve((request, response) => void listener(request, response));
    expect((await send(server.port, site.sign({ ...post, body: 'a' }))).status).toBe(200);
    expectProblem(await send(server.port, unsigned('/orders')), 401, 'proof_missing');
    expect(reached).toEqual(['POST /orders']);
  });

  it('something that read the body before closes the route', async () => {
    const site = makeSite();
    const reached: string[] = [];
    const app = new Hono().use(async (c, next) => {
      await c.req.text();
      await next();
    });
    app.use(forHono(protect(site.checker)));
    addRoutes(app, reached);
    const listener = getRequestListener(app.fetch);
    await using server = await serve((request, response) => void listener(request, response));
    expectProblem(await send(server.port, site.sign({ ...post, body: 'a' })), 500, 'not_protected');
    expect(reached).toEqual([]);
  });
});
