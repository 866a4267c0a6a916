import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { protect } from '../../src/adapters/express.ts';
import type { ProtectOptions } from '../../src/adapters/node.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { makeSite } from '../http/site.ts';
import { exchange, headOf, parseAnswers, send, sendThenRead } from '../http/socket.ts';
import { make, names, type Handler } from './frameworks.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// What a hostile or broken client does to a server over its socket. Much of it Node's parser refuses before any code of ours runs: then
// the answer is Node's, without a code, and the connection is closed. The rest is refused here.

function makeApi(name: string, options: ProtectOptions = {}) {
  const site = makeSite();
  const reached: string[] = [];
  const handler: Handler = (request) => {
    reached.push(`${request.method ?? ''} ${request.url ?? ''}`);
    return 'served';
  };
  const routes = { '/orders': handler, '/smuggled': handler, '/healthz': handler };
  const listener = make(name, {
    verifier: site.checker,
    options: { exempt: ['/healthz'], ...options },
    routes,
  });
  return { site, listener, reached };
}

/** Who refuses: Node's parser, with its status, or this package, with its code. */
type Refuser = { readonly node: number } | { readonly code: ReasonCode; readonly status: number };

const body = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
/** A signed request of which one thing is changed on the wire. */
const shapes: readonly (readonly [string, Refuser, (head: string) => string])[] = [
  [
    'Content-Length and Transfer-Encoding',
    { node: 400 },
    (head) => more(head, 'Transfer-Encoding: chunked', body),
  ],
  [
    'two lengths that differ',
    { node: 400 },
    (head) => more(head, 'Content-Length: 3\r\nContent-Length: 4', 'abcd'),
  ],
  [
    'two lengths that agree',
    { node: 400 },
    (head) => more(head, 'Content-Length: 4\r\nContent-Length: 4', 'abcd'),
  ],
  ['a list of lengths', { node: 400 }, (head) => more(head, 'Content-Length: 4, 4', 'abcd')],
  ['a length with a sign', { node: 400 }, (head) => more(head, 'Content-Length: +4', 'abcd')],
  ['a length in hexadecimal', { node: 400 }, (head) => more(head, 'Content-Length: 0x4', 'abcd')],
  [
    'a length beyond all numbers',
    { node: 400 },
    (head) => more(head, `Content-Length: ${'9'.repeat(30)}`, 'abcd'),
  ],
  [
    'a coding that is not the last',
    { node: 400 },
    (head) => more(head, 'Transfer-Encoding: chunked, identity', body),
  ],
  ['a coding that nobody knows', { node: 400 }, (head) => more(head, 'Transfer-Encoding: xchunked', body)],
  [
    'a coding with a tab before it',
    { code: 'proof_coverage', status: 401 },
    (head) => more(head, 'Transfer-Encoding:\tchunked', '0\r\n\r\n'),
  ],
  [
    'two codings',
    { node: 400 },
    (head) => more(head, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  ],
  [
    'gzip as a transfer coding',
    { code: 'framing_ambiguous', status: 400 },
    (head) => more(head, 'Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
  ],
  ['a folded line', { node: 400 }, (head) => more(head, 'X-Folded: a\r\n b', '')],
  ['a folded line at the start', { node: 400 }, (head) => head.replace('\r\n', '\r\n Folded: a\r\n')],
  ['a space before the colon', { node: 400 }, (head) => more(head, 'Content-Length : 4', 'abcd')],
  ['a bare line feed after the request line', { node: 400 }, (head) => head.replace('\r\n', '\n')],
  ['a bare line feed after a field', { node: 400 }, (head) => more(head, 'X-Bare: a\nX-More: b', '')],
  ['bare line feeds alone', { node: 400 }, (head) => head.replaceAll('\r\n', '\n')],
  ['a bare carriage return in a field', { node: 400 }, (head) => more(head, 'X-Bare: a\rb', '')],
  ['a NUL in a field', { node: 400 }, (head) => more(head, 'X-Nul: a\0b', '')],
  [
    'an absolute target',
    { code: 'target_malformed', status: 400 },
    (head) => head.replace(' /', ' https://ris.hospital.test/'),
  ],
  [
    'an absolute target of another host',
    { code: 'target_malformed', status: 400 },
    (head) => head.replace(' /', ' http://evil.test/'),
  ],
  [
    'an absolute target of an exempt path',
    { code: 'target_malformed', status: 400 },
    (head) => head.replace(/ \/\S*/, ' http://evil.test/healthz'),
  ],
  [
    'a target with a fragment',
    { code: 'target_malformed', status: 400 },
    (head) => head.replace('open=1', 'open=1#a'),
  ],
  ['a target in bytes beyond ASCII', { node: 400 }, (head) => head.replace('open=1', 'open=\xe9\x01')],
  ['no Host', { node: 400 }, (head) => head.replace(/Host: .*\r\n/, '')],
  ['a second Host', { code: 'header_repeated', status: 400 }, (head) => more(head, 'Host: evil.test', '')],
  ['HTTP/2.0 in the request line', { node: 505 }, (head) => head.replace('HTTP/1.1', 'HTTP/2.0')],
  ['HTTP/1.2 in the request line', { node: 400 }, (head) => head.replace('HTTP/1.1', 'HTTP/1.2')],
  ['HTTP/0.9', { node: 505 }, () => 'GET /orders\r\n\r\n'],
  [
    'HTTP/1.0 with a coding',
    { code: 'framing_ambiguous', status: 400 },
    (head) => more(head.replace('HTTP/1.1', 'HTTP/1.0'), 'Transfer-Encoding: chunked', '0\r\n\r\n'),
  ],
  ['a pseudo-field of HTTP/2', { node: 400 }, (head) => more(head, ':path: /healthz', '')],
  ['a preface of HTTP/2', { node: 400 }, () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a head of 20 KiB', { node: 431 }, (head) => more(head, `X-Long: ${'a'.repeat(20_000)}`, '')],
  ['3,000 fields', { node: 431 }, (head) => more(head, 'X: a\r\n'.repeat(3000).trimEnd(), '')],
  [
    'a target of 9 KiB',
    { code: 'too_large', status: 413 },
    (head) => head.replace('open=1', 'a'.repeat(9000)),
  ],
];

/** The same request with further lines in its head, and a body behind it. */
function more(head: string, lines: string, rest: string): string {
  return `${head.slice(0, -2)}${lines}\r\n\r\n${rest}`;
}

describe.each(names)('behind %s', (name) => {
  it.each(shapes)('is refused, and reaches no handler: %s', async (_what, by, change) => {
    const { site, listener, reached } = makeApi(name);
    await using server = await serve(listener);
    const raw = await exchange(server.port, change(headOf(site.sign())));
    if ('node' in by) expect(raw).toMatch(new RegExp(`^HTTP/1\\.1 ${String(by.node)} `));
    else expectProblem(parseAnswers(raw)[0], by.status, by.code);
    // One answer: nothing behind it is taken for another request.
    expect(raw.match(/^HTTP\/1\.1 /gm)).toHaveLength(1);
    expect(reached).toEqual([]);
  });

  it('is refused where a lenient parser has let it pass', async () => {
    const lenient: readonly (readonly [ReasonCode, (head: string) => string])[] = [
      ['framing_ambiguous', (head) => more(head, 'Content-Length: 6\r\nTransfer-Encoding: chunked', body)],
      ['framing_ambiguous', (head) => more(head, 'Transfer-Encoding: chunked, identity', '')],
    ];
    for (const [code, change] of lenient) {
      const { site, listener, reached } = makeApi(name);
      await using server = await serve(listener, { insecureHTTPParser: true });
      const [answer, ...others] = parseAnswers(await exchange(server.port, change(headOf(site.sign()))));
      expectProblem(answer, 400, code);
      expect(answer?.headers.get('connection')).toBe('close');
      expect([others, reached]).toEqual([[], []]);
    }
  });

  it.each([
    ['an extension that is long', `3;${'a'.repeat(20_000)}=b\r\nabc\r\n0\r\n\r\n`, 413],
    ['a bare line feed behind its size', '3\nabc\r\n0\r\n\r\n', 400],
    ['an extension with a bare carriage return', '3;a\rb\r\nabc\r\n0\r\n\r\n', 400],
    ['more bytes than its size', '3\r\nabcd\r\n0\r\n\r\n', 400],
    ['a size with a sign', '+3\r\nabc\r\n0\r\n\r\n', 400],
    ['a size beyond all numbers', `${'f'.repeat(20)}\r\nabc\r\n0\r\n\r\n`, 400],
    ['a size in words', 'three\r\nabc\r\n0\r\n\r\n', 400],
  ])('a chunk with %s reaches no handler', async (_what, chunks, status) => {
    for (const options of [{}, { streaming: ['/orders'] }]) {
      const { site, listener, reached } = makeApi(name, options);
      await using server = await serve(listener);
      const headers = [['Transfer-Encoding', 'chunked']] as const;
      const request = site.sign({ method: 'POST', headers, body: 'abc' });
      const raw = await exchange(server.port, `${headOf(request)}${chunks}`);
      // Node's parser breaks off within the body; a body that is read whole is then `body_incomplete`.
      expect(raw).toMatch(new RegExp(`^(?:HTTP/1\\.1 ${String(status)} .*|)`));
      expect(raw).not.toContain('served');
      expect(options.streaming === undefined ? reached : []).toEqual([]);
    }
  });

  it('an extension of a chunk means nothing', async () => {
    const { site, listener } = makeApi(name);
    await using server = await serve(listener);
    const headers = [['Transfer-Encoding', 'chunked']] as const;
    const request = site.sign({ method: 'POST', headers, body: 'abc' });
    const raw = await exchange(server.port, headOf(request), '3;a="b"\r\nabc\r\n0\r\n\r\n');
    expect(parseAnswers(raw)[0]).toMatchObject({ status: 200 });
  });

  it('sends a body without ever ending it', async () => {
    const { site, listener, reached } = makeApi(name, { bodySilence: 0.1 });
    await using server = await serve(listener);
    for (const asksToClose of [true, false]) {
      const signed = headOf(site.sign({ method: 'POST', body: 'hello' }));
      const head = asksToClose ? signed : signed.replace('Connection: close\r\n', '');
      const [answer] = parseAnswers(await exchange(server.port, head, 'hel'));
      expectProblem(answer, 408, 'body_timeout');
    }
    expect(reached).toEqual([]);
  });

  it('a body that is too long is refused so that its sender hears of it, also where he sends all before he reads', async () => {
    const { site, listener, reached } = makeApi(name, { maxBodyBytes: 1000 });
    await using server = await serve(listener);
    for (const [field, long] of [
      ['Content-Length: 8000000', 'x'.repeat(8_000_000)],
      ['Transfer-Encoding: chunked', `${(8_000_000).toString(16)}\r\n${'x'.repeat(8_000_000)}\r\n0\r\n\r\n`],
    ] as const) {
      const sign = (): string =>
        headOf(site.sign({ method: 'POST', body: 'x' })).replace('Content-Length: 1', field);
      expectProblem(parseAnswers(await sendThenRead(server.port, sign(), long))[0], 413, 'too_large');
      const keeping = sign().replace('Connection: close\r\n', '');
      const all = await sendThenRead(server.port, keeping, long, headOf(site.sign()));
      const [refused, served] = parseAnswers(all);
      expectProblem(refused, 413, 'too_large');
      expect(served?.status).toBe(200);
    }
    expect(reached).toEqual(['GET /orders?open=1', 'GET /orders?open=1']);
  });

  it('whoever proves nothing hears of it, also where he sends a long body before he reads', async () => {
    const { site, listener, reached } = makeApi(name);
    await using server = await serve(listener);
    const unsigned = headOf({ ...site.sign(), method: 'POST', headers: [['Content-Length', '8000000']] });
    const long = 'x'.repeat(8_000_000);
    const closing = await sendThenRead(server.port, unsigned, long);
    expectProblem(parseAnswers(closing)[0], 401, 'proof_missing');
    const kept = unsigned.replace('Connection: close\r\n', '');
    const all = await sendThenRead(server.port, kept, long, headOf(site.sign()));
    expectProblem(parseAnswers(all)[0], 401, 'proof_missing');
    expect(reached).toEqual(['GET /orders?open=1']);
  });

  it('a body that trickles is refused when all of it takes too long', async () => {
    const { site, listener, reached } = makeApi(name, { bodySilence: 0.2 });
    await using server = await serve(listener);
    const request = site.sign({ method: 'POST', body: 'x'.repeat(10_000) });
    const socket = connect(server.port, '127.0.0.1');
    let raw = '';
    socket.on('data', (chunk: Buffer) => (raw += chunk.toString('latin1'))).on('error', () => undefined);
    socket.write(headOf(request));
    const trickle = setInterval(() => socket.write('x'), 50);
    await once(socket, 'close');
    clearInterval(trickle);
    expectProblem(parseAnswers(raw)[0], 408, 'body_timeout');
    expect(reached).toEqual([]);
  });

  it('a client that closes its half after the request is answered where the server says so, and else by nobody', async () => {
    for (const httpAllowHalfOpen of [true, false]) {
      const { site, listener } = makeApi(name);
      await using server = await serve(listener);
      // Not in Node's types; false unless it is set.
      Object.assign(server.server, { httpAllowHalfOpen });
      const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
      let raw = '';
      socket.on('data', (chunk: Buffer) => (raw += chunk.toString('latin1')));
      socket.on('end', () => socket.end());
      socket.end(`${headOf(site.sign({ method: 'POST', body: 'hello' }))}hello`);
      await once(socket, 'close');
      if (httpAllowHalfOpen) expect(parseAnswers(raw)[0]).toMatchObject({ status: 200 });
      else expect(raw).toBe('');
      expect((await send(server.port, site.sign())).status).toBe(200);
    }
  });

  it('a client that closes its half within the body reaches no handler', async () => {
    const { site, listener, reached } = makeApi(name);
    await using server = await serve(listener);
    const request = site.sign({ method: 'POST', body: 'hello' });
    const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('data', () => undefined).on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.end(`${headOf(request)}hel`);
    await once(socket, 'close');
    expect((await send(server.port, site.sign())).status).toBe(200);
    expect(reached.length).toBe(1);
  });

  it('a client that is gone before its head was judged does no harm', async () => {
    const { site, listener } = makeApi(name);
    await using server = await serve(listener);
    for (let i = 0; i < 20; i += 1) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(headOf(site.sign({ method: 'POST', body: 'hello' })));
      socket.write('hel', () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    expect((await send(server.port, site.sign())).status).toBe(200);
  });

  it('HTTP/1.0 is served, as proxies speak it', async () => {
    const { site, listener } = makeApi(name);
    await using server = await serve(listener);
    const head = headOf(site.sign()).replace('HTTP/1.1', 'HTTP/1.0');
    expect(await exchange(server.port, head)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

/** Serves cleartext HTTP/2, as behind a proxy that speaks it to servers. */
async function serveHttp2(listener: RequestListener) {
  const server = createHttp2Server((request, response) => {
    listener(
      request as unknown as IncomingMessage,
      response as unknown as ServerResponse<IncomingMessage> & { req: IncomingMessage },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const session = connectHttp2(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  return {
    session,
    async [Symbol.asyncDispose]() {
      session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Express takes an HTTP/2 request's own methods away before any middleware runs, and ends it: here its middleware stands alone. */
function ofHttp2(name: string) {
  const api = makeApi(name);
  if (name !== 'express') return api;
  const middleware = protect(api.site.checker, { exempt: ['/healthz'] });
  const listener: RequestListener = (request, response) => {
    const { url = '' } = request;
    void middleware(Object.assign(request, { originalUrl: url, baseUrl: '' }), response, () =>
      api.reached.push(url),
    );
  };
  return { ...api, listener };
}

describe('sends HTTP/2', () => {
  const requests: readonly (readonly [string, Record<string, string>])[] = [
    ['a signed request', {}],
    ['an exempt path', { ':path': '/healthz' }],
    ['another authority', { ':authority': 'evil.test' }],
    ['another scheme', { ':scheme': 'ftp' }],
    [
      'a preflight',
      { ':method': 'OPTIONS', origin: 'https://a.test', 'access-control-request-method': 'GET' },
    ],
  ];
  it.each(names.flatMap((name) => requests.map(([what, fields]) => [name, what, fields] as const)))(
    'is refused by %s: %s',
    async (name, _what, fields) => {
      const { site, listener, reached } = ofHttp2(name);
      await using server = await serveHttp2(listener);
      const { method, target, headers } = site.sign();
      const signed = Object.fromEntries(headers.map(([field, value]) => [field.toLowerCase(), value]));
      const stream = server.session.request({ ':method': method, ':path': target, ...signed, ...fields });
      const [answered] = (await once(stream, 'response')) as [Record<string, unknown>];
      let text = '';
      for await (const chunk of stream) text += String(chunk);
      expect(answered[':status']).toBe(505);
      expect(JSON.parse(text)).toMatchObject({ code: 'protocol_unsupported' });
      expect(reached).toEqual([]);
    },
  );

  it.each([
    ['an absolute path', { ':path': 'http://evil.test/healthz' }],
    ['a path without a slash', { ':path': 'healthz' }],
    ['an unknown pseudo-field', { ':target': '/healthz' }],
  ])('is ended by Node itself where its pseudo-fields are wrong: %s', async (_what, fields) => {
    const { listener, reached } = makeApi('node');
    await using server = await serveHttp2(listener);
    const ended = async () => {
      await once(server.session.request({ ':method': 'GET', ':path': '/orders', ...fields }), 'response');
    };
    await expect(ended()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_HTTP2_/) as unknown });
    expect(reached).toEqual([]);
  });
});
