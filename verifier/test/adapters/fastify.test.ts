import { text } from 'node:stream/consumers';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  admissionOf,
  bodyChecked,
  protect,
  requireCapability,
  type ProtectOptions,
} from '../../src/adapters/fastify.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { deployment, grantOf, makeSite, type Site } from '../http/site.ts';
import { alsoWithHeader, digestField, makeKey, withHeader } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, send, type Answer } from '../http/socket.ts';

/** A Fastify server on loopback, behind `protect`; `build` adds what is the customer's. `await using` closes it. */
async function serve(
  site: Site,
  build: (app: FastifyInstance, reached: string[]) => void,
  { options = {}, server = {} }: { options?: ProtectOptions; server?: FastifyServerOptions } = {},
) {
  const app = Fastify(server);
  const reached: string[] = [];
  void app.register(protect(site.checker, options));
  build(app, reached);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as { port: number };
  return {
    app,
    reached,
    port,
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}

function expectProblem(answer: Answer | undefined, status: number, code: ReasonCode) {
  expect(`${String(answer?.status)} ${answer?.body ?? ''}`).toContain(`"code":"${code}"`);
  expect(answer?.status).toBe(status);
  expect(answer?.headers.get('content-type')).toBe('application/problem+json');
  expect(answer?.headers.get('cache-control')).toBe('no-store');
  return JSON.parse(answer?.body ?? '') as Record<string, unknown>;
}

const unsigned = (target: string, method = 'GET'): RequestToCheck => ({ method, target, headers: [] });
const json: readonly [string, string][] = [['Content-Type', 'application/json']];

/** A route that says what it was given. */
function addOrders(app: FastifyInstance, reached: string[]): void {
  app.all('/orders', async (request) => {
    reached.push(`${request.method} ${request.url}`);
    const { kind } = admissionOf(request);
    return { kind, body: request.body ?? null };
  });
}

describe('behind protect()', () => {
  it('a handler has the admission and the body of a signed request', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    const got = await send(server.port, site.sign());
    expect(JSON.parse(got.body)).toEqual({ kind: 'app', body: null });
    const posted = site.sign({ method: 'POST', target: '/orders', headers: json, body: '{"n":1}' });
    expect(JSON.parse((await send(server.port, posted)).body)).toEqual({ kind: 'app', body: { n: 1 } });
    expect(server.reached).toEqual(['GET /orders?open=1', 'POST /orders']);
  });

  it('no handler sees an unsigned, replayed, changed or foreign one', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    const missing = await send(server.port, unsigned('/orders'));
    expect(expectProblem(missing, 401, 'proof_missing')).toMatchObject({ deployment });
    expect(missing.headers.get('www-authenticate')).toBe('AppAttestation error="proof_missing"');
    const request = site.sign();
    await send(server.port, request);
    expectProblem(await send(server.port, request), 401, 'replayed');
    expectProblem(await send(server.port, { ...site.sign(), method: 'DELETE' }), 401, 'signature_invalid');
    expectProblem(await send(server.port, site.sign({ key: makeKey() })), 403, 'app_not_approved');
    expect(server.reached.length).toBe(1);
  });

  it('stands whatever is registered, wherever, and whenever', async () => {
    const site = makeSite();
    const reached: string[] = [];
    const note = async (request: { url: string }) => {
      reached.push(request.url);
      return 'served';
    };
    const app = Fastify();
    app.get('/before', note);
    void app.register(async (inner) => inner.get('/plugin-before', note), { prefix: '/p' });
    void app.register(protect(site.checker));
    app.get('/after', note);
    app.route({ method: ['GET', 'PUT'], url: '/route', handler: note });
    app.get('/versioned', { constraints: { version: '1.0.0' } }, note);
    app.get('/*', note);
    void app.register(
      async (inner) => {
        inner.get('/', note);
        void inner.register(async (deeper) => deeper.get('/deep', note), { prefix: '/more' });
        inner.setNotFoundHandler(note);
        inner.setErrorHandler((_error, request, reply) => {
          reached.push(request.url);
          void reply.send('error');
        });
      },
      { prefix: '/api' },
    );
    app.setNotFoundHandler(note);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as { port: number };
    try {
      const targets = ['/before', '/p/plugin-before', '/after', '/route', '/api', '/api/', '/api/more/deep'];
      for (const target of [...targets, '/versioned', '/api/none', '/none/at/all', '/%41fter', '/']) {
        expectProblem(await send(port, unsigned(target)), 401, 'proof_missing');
        expectProblem(await send(port, unsigned(target, 'PUT')), 401, 'proof_missing');
        expect((await send(port, unsigned(target, 'HEAD'))).status).toBe(401);
      }
      expect(reached).toEqual([]);
      for (const target of [...targets, '/api/none', '/none/at/all'])
        expect((await send(port, site.sign({ target }))).status).toBe(200);
      expect(reached.length).toBe(targets.length + 2);
    } finally {
      await app.close();
    }
  });

  it('what fails in a handler is the handler’s own, and reaches the host’s error handler', async () => {
    const site = makeSite();
    const failed: string[] = [];
    await using server = await serve(site, (app) => {
      app.setErrorHandler((error, _request, reply) => {
        failed.push((error as Error).message);
        void reply.code(418).send('mine');
      });
      app.get('/orders', async () => {
        throw new Error('database');
      });
    });
    expect(await send(server.port, site.sign())).toMatchObject({ status: 418, body: 'mine' });
    expectProblem(await send(server.port, unsigned('/orders')), 401, 'proof_missing');
    expect(failed).toEqual(['database']);
  });

  it('a fault of the verifier is answered as a fault, and no handler runs', async () => {
    const site = makeSite();
    const app = Fastify();
    const broken = { checkHeadAsync: () => Promise.reject(new Error('disk')) };
    void app.register(protect(broken));
    const reached: string[] = [];
    addOrders(app, reached);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as { port: number };
    expect((await send(port, site.sign())).status).toBe(500);
    expect(reached).toEqual([]);
    await app.close();
  });

  it('nothing is served when something rewrote the URL before', async () => {
    const site = makeSite();
    const rewriteUrl = () => '/orders';
    await using server = await serve(site, addOrders, { server: { rewriteUrl } });
    expectProblem(await send(server.port, site.sign({ target: '/other' })), 500, 'not_protected');
    expect(server.reached).toEqual([]);
  });

  it('lenient routing makes no two targets one: each is signed as it is spelled', async () => {
    const site = makeSite();
    const routerOptions = {
      caseSensitive: false,
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      useSemicolonDelimiter: true,
    };
    await using server = await serve(site, addOrders, {
      options: { exempt: ['/healthz'] },
      server: { routerOptions },
    });
    for (const target of ['/ORDERS', '/orders/', '/orders;a']) {
      expectProblem(await send(server.port, { ...site.sign(), target }), 401, 'signature_invalid');
      expect((await send(server.port, site.sign({ target }))).status).toBe(200);
    }
    expectProblem(await send(server.port, site.sign({ target: '//orders' })), 400, 'target_malformed');
    expect(server.reached.length).toBe(3);
  });
});

describe('the start fails', () => {
  const start = async (build: (app: FastifyInstance) => void) => {
    const app = Fastify();
    build(app);
    await app.ready();
  };

  it('where protect() is registered in an encapsulated plugin, as plugins that are loaded from a folder are', async () => {
    const { checker } = makeSite();
    const inner = start((app) => void app.register(async (plugin) => void plugin.register(protect(checker))));
    await expect(inner).rejects.toThrow(/encapsulated plugin/);
  });

  it('where a hook would run before it, or it is registered twice', async () => {
    const { checker } = makeSite();
    const after = start((app) => {
      app.addHook('onRequest', async function cors() {});
      void app.register(protect(checker));
    });
    await expect(after).rejects.toThrow(/after an onRequest hook.*cors/);
    const twice = start((app) => {
      void app.register(protect(checker));
      void app.register(protect(checker));
    });
    await expect(twice).rejects.toThrow(/appwarrantProtect/);
  });

  it('with a Fastify that is not known', () => {
    const plugin = protect(makeSite().checker);
    const unknown = { addHook: () => undefined };
    let failure: Error | undefined;
    plugin(unknown, {}, (error) => (failure = error));
    expect(failure?.message).toMatch(/does not know this version/);
  });

  it('with options that are none', () => {
    const { checker } = makeSite();
    expect(() => protect(checker, { exempt: '/healthz' as unknown as string[] })).toThrow(TypeError);
    expect(() => protect(checker, { maxBodyBytes: Infinity })).toThrow(RangeError);
    expect(() => requireCapability('Orders Read')).toThrow(TypeError);
  });
});

describe('a body', () => {
  it('that was changed or cut short reaches neither parser nor handler', async () => {
    const site = makeSite();
    const parsed: string[] = [];
    await using server = await serve(site, (app, reached) => {
      app.addContentTypeParser('application/x-raw', { parseAs: 'buffer' }, (_request, body, done) => {
        parsed.push(body.toString());
        done(null, body.toString());
      });
      addOrders(app, reached);
    });
    const headers: [string, string][] = [['Content-Type', 'application/x-raw']];
    const request = site.sign({ method: 'POST', target: '/orders', headers, body: 'whole' });
    const changed = { ...request, body: Buffer.from('WHOLE') };
    expectProblem(await send(server.port, changed), 401, 'digest_mismatch');
    expect([...parsed, ...server.reached]).toEqual([]);
    const again = site.sign({ method: 'POST', target: '/orders', headers, body: 'whole' });
    expect(JSON.parse((await send(server.port, again)).body)).toEqual({ kind: 'app', body: 'whole' });
    expect(parsed).toEqual(['whole']);
  });

  it('is given to parsers that read the raw stream, as it was checked', async () => {
    const site = makeSite();
    await using server = await serve(site, (app, reached) => {
      app.addContentTypeParser('*', (_request: unknown, payload: NodeJS.ReadableStream) => text(payload));
      addOrders(app, reached);
    });
    for (const length of [1, 1000, 70_000, 900_000]) {
      const body = 'a'.repeat(length);
      const chunked: [string, string][] = [
        ['Content-Type', 'a/b'],
        ['Transfer-Encoding', 'chunked'],
      ];
      const request = site.sign({ method: 'POST', target: '/orders', headers: chunked, body });
      const pieces = [`${length.toString(16)}\r\n`, body, '\r\n0\r\n\r\n'];
      const [answer] = parseAnswers(await exchange(server.port, headOf(request), ...pieces));
      expect(JSON.parse(answer?.body ?? '')).toEqual({ kind: 'app', body });
    }
  });

  it('that is too large is refused before it is read; Fastify’s own limit stays', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders, {
      options: { maxBodyBytes: 100 },
      server: { bodyLimit: 50 },
    });
    const sized = (length: number) =>
      site.sign({ method: 'POST', target: '/orders', headers: json, body: `"${'a'.repeat(length - 2)}"` });
    expectProblem(await send(server.port, sized(101)), 413, 'too_large');
    const own = await send(server.port, sized(60));
    expect([own.status, own.body]).toEqual([413, expect.stringContaining('FST_ERR_CTP_BODY_TOO_LARGE')]);
    expect((await send(server.port, sized(40))).status).toBe(200);
  });

  it('leaves the connection usable for the next request, and its admission behind', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    const first = site.sign({ method: 'POST', target: '/orders', headers: json, body: '"first"' });
    const open = headOf(first).replace('Connection: close\r\n', '');
    const second = headOf(unsigned('/orders'));
    const answers = parseAnswers(await exchange(server.port, open, '"first"', second));
    expect(answers[0]?.body).toBe('{"kind":"app","body":"first"}');
    expectProblem(answers[1], 401, 'proof_missing');
  });

  it('that is announced and empty is refused; none at all is fine', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    const headers: [string, string][] = [['Content-Digest', digestField('')]];
    const chunked = site.sign({ method: 'POST', headers: [...headers, ['Transfer-Encoding', 'chunked']] });
    const [answer] = parseAnswers(await exchange(server.port, headOf(chunked), '0\r\n\r\n'));
    expectProblem(answer, 400, 'body_incomplete');
    expect((await send(server.port, site.sign({ method: 'POST', headers }))).status).toBe(200);
  });
});

describe('a body on a path of `streaming`', () => {
  const options: ProtectOptions = { streaming: ['/uploads/*'], maxBodyBytes: 4 };
  const headers: [string, string][] = [['Content-Type', 'application/octet-stream']];
  const upload = { method: 'POST', target: '/uploads/a', headers } as const;
  const addUploads = (app: FastifyInstance, reached: string[]): void => {
    app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
    app.post('/uploads/:name', async (request) => {
      expect(admissionOf(request)).not.toHaveProperty('receipt');
      const body = await text(request.body as NodeJS.ReadableStream);
      reached.push(body);
      return { receipt: (await bodyChecked(request)).kind };
    });
  };

  it('is read by the handler as it comes, and settles the admission', async () => {
    const site = makeSite();
    await using server = await serve(site, addUploads, { options });
    const body = 'a'.repeat(200_000);
    const answer = await send(server.port, site.sign({ ...upload, body }));
    expect(answer).toMatchObject({ status: 200, body: '{"receipt":"app"}' });
    expect(server.reached).toEqual([body]);
  });

  it('that was changed never ends', async () => {
    const site = makeSite();
    await using server = await serve(site, addUploads, { options });
    const request = { ...site.sign({ ...upload, body: 'signed' }), body: Buffer.from('SIGNED') };
    expectProblem(await send(server.port, request), 401, 'digest_mismatch');
    expect(server.reached).toEqual([]);
  });
});

describe('an exempt path', () => {
  it('needs no proof, in its one spelling, and has no admission', async () => {
    await using server = await serve(
      makeSite(),
      (app, reached) => {
        app.get('/healthz', async (request) => {
          expect(() => admissionOf(request)).toThrow(expect.objectContaining({ code: 'not_protected' }));
          reached.push(request.url);
          return 'fine';
        });
      },
      { options: { exempt: ['/healthz'] }, server: { routerOptions: { caseSensitive: false } } },
    );
    expect((await send(server.port, unsigned('/healthz?a=/b'))).body).toBe('fine');
    for (const target of ['/healthz/', '/Healthz', '/healthz/x', '/%68ealthz', '/healthz;a'])
      expectProblem(await send(server.port, unsigned(target)), 401, 'proof_missing');
    expect(server.reached).toEqual(['/healthz?a=/b']);
  });
});

describe('requireCapability()', () => {
  const addGuarded = (app: FastifyInstance, reached: string[]): void => {
    const onRequest = requireCapability('orders:read');
    app.get('/orders', { onRequest }, async (request) => {
      reached.push(admissionOf(request).kind);
      return 'orders';
    });
    app.get('/healthz', { preHandler: onRequest }, async () => 'fine');
  };

  it('lets those through whose entry has the capability, and refuses the others', async () => {
    const site = makeSite();
    await using server = await serve(site, addGuarded);
    expect((await send(server.port, site.sign())).body).toBe('orders');
    const key = makeKey();
    const other = makeSite({ apps: [{ key, custom: { capabilities: [] } }] });
    await using refusing = await serve(other, addGuarded);
    expectProblem(await send(refusing.port, other.sign({ key })), 403, 'capability_missing');
    expect(
      (await send(refusing.port, withHeader(other.sign({ key, method: 'HEAD' }), 'X', 'y'))).status,
    ).toBe(403);
    expect(refusing.reached).toEqual([]);
    other.state.monitor = grantOf('monitor');
    const admitted = await send(refusing.port, other.sign({ key }));
    expect(admitted.status).toBe(200);
    expect(refusing.reached).toEqual(['monitored']);
  });

  it('refuses where protect() has not run, and on exempt paths', async () => {
    const app = Fastify();
    const reached: string[] = [];
    addGuarded(app, reached);
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as { port: number };
    expectProblem(await send(port, makeSite().sign()), 500, 'not_protected');
    await app.close();
    await using server = await serve(makeSite(), addGuarded, { options: { exempt: ['/healthz'] } });
    expectProblem(await send(server.port, unsigned('/healthz')), 500, 'not_protected');
    expect(reached).toEqual([]);
  });
});

describe('a grant in force', () => {
  it('admits everybody, and the answer names the deployment', async () => {
    const site = makeSite();
    site.state.monitor = grantOf('monitor');
    await using server = await serve(site, addOrders);
    const answer = await send(server.port, unsigned('/orders'));
    expect(answer.body).toBe('{"kind":"monitored","body":null}');
    expect(answer.headers.get('appwarrant-deployment')).toBe(deployment);
  });
});

describe('browsers', () => {
  const preflight: RequestToCheck = {
    method: 'OPTIONS',
    target: '/orders',
    headers: [
      ['Origin', 'https://viewer.test'],
      ['Access-Control-Request-Method', 'POST'],
    ],
  };

  it('get an answer to their preflight that reaches no handler', async () => {
    const site = makeSite();
    await using closed = await serve(site, addOrders);
    expect((await send(closed.port, preflight)).status).toBe(204);
    await using open = await serve(site, addOrders, { options: { browserOrigins: ['https://viewer.test'] } });
    const allowed = await send(open.port, preflight);
    expect(allowed.headers.get('access-control-allow-methods')).toBe('POST');
    expect([...closed.reached, ...open.reached]).toEqual([]);
    const refused = await send(open.port, {
      ...unsigned('/orders'),
      headers: [['Origin', 'https://viewer.test']],
    });
    expectProblem(refused, 401, 'proof_missing');
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
  });

  it('have no way around the proof with OPTIONS', async () => {
    await using server = await serve(makeSite(), addOrders);
    for (const name of ['Origin', 'Access-Control-Request-Method'])
      expectProblem(await send(server.port, withHeader(preflight, name, undefined)), 401, 'proof_missing');
    expect(server.reached).toEqual([]);
  });
});

describe('shapes that servers and proxies read in different ways', () => {
  it.each<readonly [string, ReasonCode, (request: RequestToCheck) => RequestToCheck]>([
    ['an absolute target', 'target_malformed', (r) => ({ ...r, target: `http://evil.test${r.target}` })],
    ['the server itself', 'target_malformed', (r) => ({ ...r, method: 'OPTIONS', target: '*' })],
    [
      'a second Authorization',
      'header_repeated',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Authorization', 'a'), 'Authorization', 'a'),
    ],
    ['a method override', 'method_override', (r) => alsoWithHeader(r, 'X-HTTP-Method-Override', 'DELETE')],
  ])('are refused: %s', async (_what, code, change) => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    expectProblem(await send(server.port, change(site.sign())), 400, code);
    expect(server.reached).toEqual([]);
  });

  it('an upgrade is a request like any other', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    const upgrade = headOf(unsigned('/orders')).replace('Connection: close', 'Connection: Upgrade, close');
    const raw = await exchange(server.port, upgrade.replace('\r\n\r\n', '\r\nUpgrade: websocket\r\n\r\n'));
    expectProblem(parseAnswers(raw)[0], 401, 'proof_missing');
    expect(server.reached).toEqual([]);
  });

  it('HTTP/2 is refused', async () => {
    const { connect } = await import('node:http2');
    const app = Fastify({ http2: true });
    void app.register(protect(makeSite().checker) as never);
    app.get('/orders', async () => 'served');
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const session = connect(address);
    const stream = session.request({ ':path': '/orders' });
    expect(JSON.parse(await text(stream))).toMatchObject({ code: 'protocol_unsupported' });
    session.close();
    await app.close();
  });
});

describe('an injected request', () => {
  it('is judged like one from a socket', async () => {
    const site = makeSite();
    await using server = await serve(site, addOrders);
    expect((await server.app.inject('/orders')).json()).toMatchObject({ code: 'proof_missing' });
    const { method, target, headers, body } = site.sign({
      method: 'POST',
      target: '/orders',
      headers: json,
      body: '{"n":1}',
    });
    const answer = await server.app.inject({
      method: method as 'POST',
      url: target,
      headers: Object.fromEntries(headers),
      payload: Buffer.from(body ?? []),
    });
    expect(answer.json()).toEqual({ kind: 'app', body: { n: 1 } });
  });
});
