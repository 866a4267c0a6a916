import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { protect, requireCapability, type ProtectOptions } from '../../src/adapters/koa.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { expectProblem } from './problem.ts';
import { deployment, grantOf, makeSite, start } from '../http/site.ts';
import { alsoWithHeader, digestField, makeKey, withHeader } from '../http/sign.ts';
import { exchange, headOf, listen, parseAnswers, send } from '../http/socket.ts';

type Handler = (context: Koa.Context) => Promise<void> | void;

/** A customer's server: what follows `protect` is the API, and notes what reached it. */
function makeApi(
  site: ReturnType<typeof makeSite>,
  options: ProtectOptions = {},
  handler: Handler = () => undefined,
) {
  const reached: string[] = [];
  const app = new Koa();
  app.silent = true;
  app.use(protect(site.checker, options));
  app.use(async (context) => {
    reached.push(`${context.method} ${context.url}`);
    context.body = 'served';
    await handler(context);
  });
  return { reached, app };
}

describe('behind protect()', () => {
  it('a handler sees the admission of a signed request', async () => {
    const site = makeSite();
    let seen: unknown;
    const api = makeApi(site, {}, (context) => {
      seen = context.state['appwarrant'];
    });
    await using server = await listen(api.app);
    expect(await send(server.port, site.sign())).toMatchObject({ status: 200, body: 'served' });
    expect(seen).toMatchObject({ kind: 'app', app: { id: 'viewer' } });
    expect(api.reached).toEqual(['GET /orders?open=1']);
  });

  it('no handler sees an unsigned one: the answer says what to sign', async () => {
    const api = makeApi(makeSite());
    await using server = await listen(api.app);
    const answer = await send(server.port, { method: 'GET', target: '/', headers: [] });
    expect(expectProblem(answer, 401, 'proof_missing')).toMatchObject({ deployment, serverTime: start });
    expect(answer.headers.get('www-authenticate')).toBe('AppAttestation error="proof_missing"');
    expect(answer.headers.get('accept-signature')).toBe(
      'app=("@method" "@target-uri" "appwarrant-deployment");created;nonce;keyid;tag="app-attestation"',
    );
    expect(api.reached).toEqual([]);
  });

  it('a refusal about time carries a challenge, and one of the signature the base', async () => {
    const site = makeSite();
    await using server = await listen(makeApi(site).app);
    const late = await send(server.port, site.sign({ created: 1 }));
    const problem = expectProblem(late, 401, 'proof_stale');
    expect(late.headers.get('oauth-client-attestation-challenge')).toBe(problem['challenge']);
    const nonce = `${String(problem['challenge'])}.${'A'.repeat(22)}`;
    expect((await send(server.port, site.sign({ created: 1, nonce }))).status).toBe(200);
    const forged = await send(server.port, { ...site.sign(), target: '/b' });
    expect(expectProblem(forged, 401, 'signature_invalid')['base']).toContain(
      '"@target-uri": https://ris.hospital.test/b\n',
    );
  });

  it('answers 403 to an app that is not approved and 503 without an allowlist', async () => {
    const site = makeSite();
    await using server = await listen(makeApi(site).app);
    const stranger = await send(server.port, site.sign({ key: makeKey() }));
    expectProblem(stranger, 403, 'app_not_approved');
    expect(stranger.headers.has('www-authenticate')).toBe(false);
    site.state.closed = 'no_bundle';
    expectProblem(await send(server.port, site.sign()), 503, 'no_bundle');
  });

  it('a replay is refused', async () => {
    const site = makeSite();
    const api = makeApi(site);
    await using server = await listen(api.app);
    const request = site.sign();
    expect((await send(server.port, request)).status).toBe(200);
    expectProblem(await send(server.port, request), 401, 'replayed');
    expect(api.reached.length).toBe(1);
  });

  it('the target is judged as it was received', async () => {
    const site = makeSite();
    const api = makeApi(site);
    await using server = await listen(api.app);
    for (const target of ['/a%2Fb?c=%20&&=', "/~'()*!", '/a?', '/?/../b']) {
      expect((await send(server.port, site.sign({ target }))).status).toBe(200);
    }
    expect(api.reached).toEqual(['GET /a%2Fb?c=%20&&=', "GET /~'()*!", 'GET /a?', 'GET /?/../b']);
  });

  it('what fails in a handler is the handler’s own', async () => {
    const site = makeSite();
    const api = makeApi(site, {}, () => {
      throw new Error('database');
    });
    await using server = await listen(api.app);
    expect(await send(server.port, site.sign())).toMatchObject({
      status: 500,
      body: 'Internal Server Error',
    });
  });

  it('nothing is served when something rewrote the URL before', async () => {
    const site = makeSite();
    const app = new Koa();
    app.use(async (context, next) => {
      context.url = '/orders';
      await next();
    });
    app.use(protect(site.checker));
    await using server = await listen(app);
    expectProblem(await send(server.port, site.sign({ target: '/other' })), 500, 'not_protected');
  });

  it('nothing is served, and nobody waits, when something read the body before', async () => {
    const site = makeSite();
    const app = new Koa();
    app.use(async (context, next) => {
      await text(context.req);
      await next();
    });
    app.use(protect(site.checker));
    await using server = await listen(app);
    const answer = await send(server.port, site.sign({ method: 'POST', body: 'hello' }));
    expectProblem(answer, 500, 'not_protected');
  });
});

describe('a body behind protect()', () => {
  const readers: Record<string, (request: IncomingMessage) => Promise<string>> = {
    'as a stream': (request) => text(request),
    'in a loop': async (request) => {
      const hash = createHash('sha256');
      for await (const chunk of request) hash.update(chunk as Buffer);
      return hash.digest('hex');
    },
    'by events, later': async (request) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const hash = createHash('sha256');
      return new Promise((resolve) => {
        request
          .on('data', (chunk: Buffer) => hash.update(chunk))
          .on('end', () => resolve(hash.digest('hex')));
      });
    },
    'through a pipe': (request) =>
      new Promise((resolve) => {
        const hash = createHash('sha256');
        request.pipe(hash).on('finish', () => resolve(hash.digest('hex')));
      }),
  };

  it.each(Object.keys(readers))('can be read by a handler, whole: %s', async (how) => {
    const site = makeSite();
    let read = '';
    const api = makeApi(site, {}, async (context) => {
      read = (await readers[how]?.(context.req)) ?? '';
    });
    await using server = await listen(api.app);
    for (const length of [1, 1000, 70_000, 3_000_000]) {
      const body = Buffer.from(
        randomBytes(length / 2 + 1)
          .toString('hex')
          .slice(0, length),
      );
      expect((await send(server.port, site.sign({ method: 'POST', body }))).status).toBe(200);
      expect(read).toBe(
        how === 'as a stream' ? body.toString() : createHash('sha256').update(body).digest('hex'),
      );
    }
  });

  it('may come in chunks, one after the other', async () => {
    const site = makeSite();
    let read = '';
    const api = makeApi(site, {}, async (context) => {
      read = await text(context.req);
    });
    await using server = await listen(api.app);
    const request = site.sign({
      method: 'POST',
      headers: [['Transfer-Encoding', 'chunked']],
      body: 'one two',
    });
    const answers = parseAnswers(
      await exchange(server.port, headOf(request), '4\r\none \r\n', '3\r\ntwo\r\n', '0\r\n\r\n'),
    );
    expect(answers[0]).toMatchObject({ status: 200 });
    expect(read).toBe('one two');
  });

  it('leaves the connection usable for the next request', async () => {
    const site = makeSite();
    const api = makeApi(site, {}, async (context) => {
      context.body = await text(context.req);
    });
    await using server = await listen(api.app);
    const first = withHeader(site.sign({ method: 'POST', body: 'first' }), 'X', 'y');
    const second = site.sign({ method: 'POST', body: 'second' });
    const open = headOf(first).replace('Connection: close\r\n', '');
    const answers = parseAnswers(await exchange(server.port, open, 'first', headOf(second), 'second'));
    expect(answers.map(({ body }) => body)).toEqual(['first', 'second']);
  });

  it('that was changed reaches no handler', async () => {
    const site = makeSite();
    const api = makeApi(site);
    await using server = await listen(api.app);
    const request = site.sign({ method: 'POST', body: '{"n":1}' });
    expectProblem(
      await send(server.port, { ...request, body: Buffer.from('{"n":2}') }),
      401,
      'digest_mismatch',
    );
    expect(api.reached).toEqual([]);
  });

  it('that is cut short reaches no handler', async () => {
    const site = makeSite();
    const api = makeApi(site);
    await using server = await listen(api.app);
    const request = site.sign({ method: 'POST', body: 'whole' });
    const { connect } = await import('node:net');
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => {
        socket.write(`${headOf(request)}who`);
        setTimeout(() => socket.destroy(), 50);
      });
      socket.on('close', () => resolve());
    });
    expect((await send(server.port, site.sign())).status).toBe(200);
    expect(api.reached).toEqual(['GET /orders?open=1']);
  });

  it('that is too large is refused before it is read, or as soon as it turns out', async () => {
    const site = makeSite();
    const api = makeApi(site, { maxBodyBytes: 1000 });
    await using server = await listen(api.app);
    const body = randomBytes(1001);
    const announced = site.sign({ method: 'POST', body });
    const answer = await send(server.port, announced);
    expectProblem(answer, 413, 'too_large');
    expect(answer.headers.get('connection')).toBe('close');
    const chunked = site.sign({ method: 'POST', headers: [['Transfer-Encoding', 'chunked']], body });
    const late = parseAnswers(await exchange(server.port, headOf(chunked), '3e9\r\n', body, '\r\n0\r\n\r\n'));
    expectProblem(late[0], 413, 'too_large');
    expect((await send(server.port, site.sign({ method: 'POST', body: body.subarray(1) }))).status).toBe(200);
    expect(api.reached.length).toBe(1);
  });

  it('has a limit that options lower and never lift', () => {
    const { checker } = makeSite();
    for (const maxBodyBytes of [16 * 1024 * 1024 + 1, Infinity, NaN, -1, 0.5, '1000' as unknown as number])
      expect(() => protect(checker, { maxBodyBytes })).toThrow(RangeError);
    for (const maxBodyBytes of [0, 1000, 16 * 1024 * 1024])
      expect(protect(checker, { maxBodyBytes })).toBeInstanceOf(Function);
  });

  it('that is announced and empty is refused; none at all is fine', async () => {
    const site = makeSite();
    const api = makeApi(site);
    await using server = await listen(api.app);
    const empty: [string, string][] = [
      ['Content-Digest', digestField('')],
      ['Transfer-Encoding', 'chunked'],
    ];
    const chunked = site.sign({ method: 'POST', headers: empty });
    const [answer] = parseAnswers(await exchange(server.port, headOf(chunked), '0\r\n\r\n'));
    expectProblem(answer, 400, 'body_incomplete');
    const none = site.sign({ method: 'POST', headers: [['Content-Digest', digestField('')]] });
    expect((await send(server.port, none)).status).toBe(200);
  });
});

describe('shapes that servers and proxies read in different ways', () => {
  const cases: readonly [
    what: string,
    code: ReasonCode,
    change: (request: RequestToCheck) => RequestToCheck,
  ][] = [
    [
      'an absolute target',
      'target_malformed',
      (r) => ({ ...r, target: `https://ris.hospital.test${r.target}` }),
    ],
    [
      'an absolute target of another host',
      'target_malformed',
      (r) => ({ ...r, target: 'http://evil.test/orders' }),
    ],
    ['two slashes', 'target_malformed', (r) => ({ ...r, target: '//orders' })],
    ['a dot segment', 'target_malformed', (r) => ({ ...r, target: '/healthz/../orders' })],
    ['an encoded dot segment', 'target_malformed', (r) => ({ ...r, target: '/healthz/%2e%2e/orders' })],
    ['a fragment', 'target_malformed', (r) => ({ ...r, target: '/orders#a' })],
    ['a backslash', 'target_malformed', (r) => ({ ...r, target: '/healthz\\orders' })],
    ['the server itself', 'target_malformed', (r) => ({ ...r, method: 'OPTIONS', target: '*' })],
    ['a second deployment', 'header_repeated', (r) => alsoWithHeader(r, 'appwarrant-deployment', 'x')],
    ['a second Signature', 'header_repeated', (r) => alsoWithHeader(r, 'SIGNATURE', 'x=:AAAA:')],
    [
      'a second Authorization',
      'header_repeated',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Authorization', 'a'), 'Authorization', 'a'),
    ],
    [
      'a second Content-Type',
      'header_repeated',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Content-Type', 'a/b'), 'Content-Type', 'a/b'),
    ],
    [
      'a second Cookie',
      'header_repeated',
      (r) => alsoWithHeader(alsoWithHeader(r, 'Cookie', 'a=b'), 'Cookie', 'a=b'),
    ],
    ['a method override', 'method_override', (r) => alsoWithHeader(r, 'x-http-method-override', 'DELETE')],
  ];
  it.each(cases)('are refused: %s (%s)', async (_what, code, change) => {
    const site = makeSite();
    const api = makeApi(site, { exempt: ['/healthz'] });
    await using server = await listen(api.app);
    expectProblem(await send(server.port, change(site.sign())), 400, code);
    expect(api.reached).toEqual([]);
  });

  it.each([false, true])(
    'are refused: both Content-Length and Transfer-Encoding (lenient parser: %s)',
    async (lenient) => {
      const site = makeSite();
      const api = makeApi(site);
      await using server = await listen(api.app, { insecureHTTPParser: lenient });
      const headers: [string, string][] = [
        ['Content-Length', '6'],
        ['Transfer-Encoding', 'chunked'],
      ];
      const request = site.sign({ method: 'POST', headers });
      const raw = await exchange(server.port, headOf(request), '0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n');
      // Node's own parser refuses it first, before any code of ours; a lenient one leaves it to us.
      if (lenient) expectProblem(parseAnswers(raw)[0], 400, 'framing_ambiguous');
      else expect(raw).toMatch(/^HTTP\/1\.1 400 /);
      expect(parseAnswers(raw).length).toBe(1);
      expect(api.reached).toEqual([]);
    },
  );

  it('are refused: a folded or space-damaged header line, by the parser', async () => {
    const site = makeSite();
    const api = makeApi(site);
    await using server = await listen(api.app);
    const head = headOf(site.sign());
    for (const line of ['Cookie : a=b', ' folded: x', 'X: a\0b', 'NoColon']) {
      const raw = await exchange(server.port, head.replace('\r\n\r\n', `\r\n${line}\r\n\r\n`));
      expect(raw).toMatch(/^HTTP\/1\.1 4|"code":"header_malformed"|^$/);
    }
    expect(api.reached).toEqual([]);
  });

  it('do not make a second request out of the body of a refused one', async () => {
    const api = makeApi(makeSite());
    await using server = await listen(api.app);
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${String(inner.length)}\r\n\r\n`;
    const last = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answers = parseAnswers(await exchange(server.port, head, inner, last));
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
    expect(api.reached).toEqual([]);
  });
});

describe('an exempt path', () => {
  it('stands in a list: a text is none', () => {
    const { checker } = makeSite();
    const exempt = '/healthz' as unknown as string[];
    expect(() => protect(checker, { exempt })).toThrow(TypeError);
    expect(() => protect(checker, { browserOrigins: exempt })).toThrow(TypeError);
  });

  it('needs no proof, in its one spelling, and has no admission', async () => {
    let seen: unknown = 'unset';
    const api = makeApi(makeSite(), { exempt: ['/healthz'] }, (context) => {
      seen = context.state['appwarrant'];
    });
    await using server = await listen(api.app);
    const get = (target: string) => send(server.port, { method: 'GET', target, headers: [] });
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/healthz?a=/b')).status).toBe(200);
    expect(seen).toBeUndefined();
    for (const target of ['/healthz/', '/Healthz', '/healthz/x', '/%68ealthz', '/healthz;a']) {
      expectProblem(await get(target), 401, 'proof_missing');
    }
  });
});

describe('requireCapability()', () => {
  const serve = (site: ReturnType<typeof makeSite>, options: ProtectOptions = {}) => {
    const app = new Koa();
    const seen: unknown[] = [];
    app.use(protect(site.checker, options));
    app.use(requireCapability('orders:read'));
    app.use((context) => {
      seen.push((context.state as Record<string, unknown>)['appwarrant']);
      context.body = 'orders';
    });
    return { seen, app };
  };

  it('lets those through whose entry has the capability', async () => {
    const site = makeSite();
    await using server = await listen(serve(site).app);
    expect(await send(server.port, site.sign())).toMatchObject({ status: 200, body: 'orders' });
  });

  it('refuses the others', async () => {
    const key = makeKey();
    const site = makeSite({ apps: [{ key, custom: { capabilities: ['orders:readonly', 'orders'] } }] });
    const { seen, app } = serve(site);
    await using server = await listen(app);
    expectProblem(await send(server.port, site.sign({ key })), 403, 'capability_missing');
    expect(seen).toEqual([]);
  });

  it('refuses where protect() has not run, and on exempt paths, whatever the state says', async () => {
    const app = new Koa();
    app.use(async (context, next) => {
      context.state['appwarrant'] = { kind: 'app', capabilities: ['orders:read'] };
      await next();
    });
    app.use(requireCapability('orders:read'));
    await using server = await listen(app);
    const request: RequestToCheck = { method: 'GET', target: '/healthz', headers: [] };
    expectProblem(await send(server.port, request), 500, 'not_protected');
    await using exempting = await listen(serve(makeSite(), { exempt: ['/healthz'] }).app);
    expectProblem(await send(exempting.port, request), 500, 'not_protected');
  });

  it('lets everybody through, and says so, while a grant is in force', async () => {
    const key = makeKey();
    const site = makeSite({ apps: [{ key, custom: { capabilities: [] } }] });
    site.state.monitor = grantOf('monitor');
    const { seen, app } = serve(site);
    await using server = await listen(app);
    const unsigned = await send(server.port, { method: 'GET', target: '/', headers: [] });
    expect(unsigned).toMatchObject({ status: 200, body: 'orders' });
    expect(unsigned.headers.get('appwarrant-deployment')).toBe(deployment);
    expect((await send(server.port, site.sign({ key }))).status).toBe(200);
    expect(seen).toMatchObject([
      { kind: 'monitored', refused: { code: 'proof_missing' } },
      { kind: 'monitored', refused: { code: 'capability_missing' } },
    ]);
  });

  it('demands a capability that can be one', () => {
    expect(() => requireCapability('Orders Read')).toThrow(TypeError);
  });
});

describe('browsers', () => {
  const preflight: RequestToCheck = {
    method: 'OPTIONS',
    target: '/orders',
    headers: [
      ['Origin', 'https://viewer.test'],
      ['Access-Control-Request-Method', 'POST'],
      ['Access-Control-Request-Headers', 'signature,signature-input'],
    ],
  };

  it('get an answer to their preflight that allows nothing, unless their origin is listed', async () => {
    const api = makeApi(makeSite());
    await using server = await listen(api.app);
    const answer = await send(server.port, preflight);
    expect(answer.status).toBe(204);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(api.reached).toEqual([]);
  });

  it('of listed origins may ask and may read the answers, refusals too', async () => {
    const site = makeSite();
    const api = makeApi(site, { browserOrigins: ['https://viewer.test'] });
    await using server = await listen(api.app);
    const allowed = await send(server.port, preflight);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    expect(allowed.headers.get('access-control-allow-methods')).toBe('POST');
    expect(allowed.headers.get('access-control-allow-headers')).toBe('signature,signature-input');
    const refused = await send(server.port, {
      method: 'GET',
      target: '/',
      headers: [['Origin', 'https://viewer.test']],
    });
    expectProblem(refused, 401, 'proof_missing');
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://viewer.test');
    expect(refused.headers.get('access-control-expose-headers')).toContain(
      'OAuth-Client-Attestation-Challenge',
    );
    const foreign = await send(server.port, withHeader(preflight, 'Origin', 'https://evil.test'));
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
    expect(foreign.headers.get('vary')).toBe('Origin');
    expect(api.reached).toEqual([]);
  });

  it('have no way around the proof with OPTIONS', async () => {
    const api = makeApi(makeSite());
    await using server = await listen(api.app);
    for (const name of ['Origin', 'Access-Control-Request-Method']) {
      expectProblem(await send(server.port, withHeader(preflight, name, undefined)), 401, 'proof_missing');
    }
    expect(api.reached).toEqual([]);
  });
});
