import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { identityNames } from '../../src/sidecar/identity.ts';
import { signNow } from '../tricks/honest.ts';
import type { ToSign } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, type Answer } from '../http/socket.ts';
import { startBehind } from './behind.ts';
import { missing, nginxSays } from './real-proxies.ts';
import type { Received } from './start.ts';

type Behind = Awaited<ReturnType<typeof startBehind>>;

/** What came back, and what reached the server meanwhile. */
type Outcome = {
  readonly status: number;
  readonly code: string | null;
  readonly reached: readonly Received[];
};

function client(behind: () => Behind) {
  const hosted = (request: RequestToCheck): RequestToCheck => ({
    ...request,
    headers: [['Host', `127.0.0.1:${String(behind().port)}`], ...request.headers],
  });
  const send = async (request: RequestToCheck): Promise<Outcome> => {
    const { port, upstream } = behind();
    const before = upstream.received.length;
    const text = await exchange(port, headOf(hosted(request)), request.body ?? '');
    const [answer] = parseAnswers(text);
    return { status: answer?.status ?? 0, code: codeOf(answer), reached: upstream.received.slice(before) };
  };
  return {
    send,
    hosted,
    sign: (to: Partial<ToSign> = {}) => signNow(behind().site, to),
    /** Sends what the app signs, changed or not. */
    sendSigned: (to: Partial<ToSign> = {}, change: Partial<RequestToCheck> = {}) =>
      send({ ...signNow(behind().site, to), ...change }),
  };
}

function codeOf(answer: Answer | undefined): string | null {
  try {
    return (JSON.parse(answer?.body ?? '') as { code: string }).code;
  } catch {
    return null;
  }
}

/** What a server that does as CGI does would take for one of ours. */
function identityThatReached({ headers }: Received): readonly (readonly [string, string])[] {
  return headers
    .map(([name, value]) => [name.toLowerCase().replace(/[^a-z0-9]/g, '-'), value] as const)
    .filter(([name]) => identityNames.some((each) => each.toLowerCase() === name));
}

function expectOurs(received: Received | undefined, app = 'orders'): void {
  const found = identityThatReached(received ?? ({ headers: [] } as unknown as Received));
  expect(found.map(([name]) => name).toSorted()).toEqual(
    identityNames.map((name) => name.toLowerCase()).toSorted(),
  );
  expect(Object.fromEntries(found)).toMatchObject({ 'appwarrant-app': app });
  expect(JSON.stringify(received?.headers)).not.toContain('{http.');
}

const [noNginx = '', noCaddy = ''] = [missing('nginx'), missing('caddy')];

describe.skipIf(noNginx !== '')(`Behind a real nginx that asks ${noNginx}`, () => {
  whatCounts('nginx');
});
describe.skipIf(noCaddy !== '')(`Behind a real Caddy that asks ${noCaddy}`, () => {
  whatCounts('caddy');
});

function whatCounts(proxy: 'nginx' | 'caddy'): void {
  let all: Behind;
  beforeAll(async () => {
    all = await startBehind(proxy, { serve: ['--exempt', '/healthz'] });
  });
  afterAll(() => all[Symbol.asyncDispose]());
  const { send, sign, sendSigned, hosted } = client(() => all);

  test('the server gets what an approved app signed, as it came, and who sent it', async () => {
    for (const target of ['/orders/7?b=%2f&a=%41', '/x', '/%7Euser/a%2Fb;v=1?x=y?z', '/orders/%C3%A9']) {
      const { status, reached } = await sendSigned({ target });
      expect(status, target).toBe(200);
      expect(reached.map((each) => [each.method, each.target])).toEqual([['GET', target]]);
      expectOurs(reached[0]);
    }
    const { reached } = await sendSigned({ method: 'DELETE', target: '/orders/7' });
    expect(reached.map((each) => each.method)).toEqual(['DELETE']);
    expectOurs(reached[0]);
  });

  test('the server gets nothing of what is refused, and the client the problem with its status', async () => {
    const refused = [
      [401, 'proof_missing', { method: 'GET', target: '/orders/7', headers: [] }],
      [401, 'signature_invalid', { ...sign({ target: '/orders/7' }), target: '/orders/8' }],
      [401, 'proof_stale', sign({ created: 1 })],
      [403, 'capability_missing', sign({ target: '/admin/7' })],
      [400, 'method_override', sign({ headers: [['X-HTTP-Method-Override', 'DELETE']] })],
    ] as const;
    for (const [status, code, request] of refused) {
      const outcome = await send(request);
      expect([outcome.status, outcome.code, outcome.reached]).toEqual([status, code, []]);
    }
    const request = sign();
    expect((await send(request)).status).toBe(200);
    const again = await send(request);
    expect([again.status, again.code, again.reached]).toEqual([401, 'replayed', []]);
  });

  test('no field that only the sidecar may set gets past it, forged, doubled or spelt otherwise', async () => {
    for (const name of identityNames) {
      const forged = await sendSigned({ headers: [[name, '{http.reverse_proxy.header.X}']] });
      expect([forged.status, forged.code, forged.reached], name).toEqual([400, 'identity_header_forged', []]);
      const doubled = await sendSigned({
        headers: [
          [name, 'admin'],
          [name.toLowerCase(), 'admin'],
        ],
      });
      expect([doubled.code, doubled.reached], name).toEqual(['identity_header_forged', []]);
      for (const spelling of [name.replaceAll('-', '_'), name.replace('-', '_').toUpperCase()]) {
        const { code, reached } = await sendSigned({ headers: [[spelling, 'admin']] });
        // nginx drops names with an underscore itself.
        if (code !== 'identity_header_forged') expectOurs(reached[0]);
      }
    }
    const exempt = await send({ method: 'GET', target: '/healthz', headers: [['AppWarrant-App', 'orders']] });
    expect([exempt.code, exempt.reached]).toEqual(['identity_header_forged', []]);
  });

  test('a path that needs no proof is met in one spelling, and tells the server of nobody', async () => {
    const { status, reached } = await send({ method: 'GET', target: '/healthz?x=1', headers: [] });
    expect([status, reached[0]?.target]).toEqual([200, '/healthz?x=1']);
    expectOurs(reached[0], 'none');
    for (const target of [
      '//healthz',
      '/%68ealthz',
      '/orders/..%2fhealthz',
      '/orders/%2e%2e/healthz',
      '/HEALTHZ',
    ]) {
      const outcome = await send({ method: 'GET', target, headers: [] });
      expect([outcome.status === 200, outcome.reached], target).toEqual([false, []]);
    }
  });

  test('what a client says that it asked for counts for nothing', async () => {
    const signed = sign({ target: '/public' });
    const claims = [
      ['X-Original-URI', '/public'],
      ['X-Original-Method', 'GET'],
      ['X-Forwarded-Uri', '/public'],
      ['X-Forwarded-Method', 'GET'],
      ['X-Original-Framing', '|'],
      ['X-Rewrite-URL', '/public'],
    ] as const;
    const outcome = await send({ ...signed, target: '/orders/7', headers: [...claims, ...signed.headers] });
    expect([outcome.code, outcome.reached]).toEqual(['signature_invalid', []]);
    const demanding = await sendSigned({
      target: '/orders/7?require=',
      headers: [['AppWarrant-Require', 'admin']],
    });
    expect([demanding.code, demanding.reached]).toEqual(['capability_missing', []]);
  });

  test('a target that the proxy would read otherwise than the server is refused', async () => {
    const targets = [
      '/public/%2e%2e/orders/7',
      '/public/../orders/7',
      '/public/..%2forders/7',
      '/public//orders/7',
      '/orders/7/..;/8',
      '/public/.%2e/orders/7',
    ];
    for (const target of targets) {
      const { status, reached } = await sendSigned({ target });
      expect([status, reached], target).toEqual([400, []]);
    }
  });

  test('an absolute-form target reaches the server as what was checked, in origin form', async () => {
    const host = `127.0.0.1:${String(all.port)}`;
    const outcome = await sendSigned({ target: '/orders/7' }, { target: `http://${host}/orders/7` });
    expect(outcome.reached.map(({ target }) => target)).toEqual(['/orders/7']);
    const other = await sendSigned({ target: '/orders/7' }, { target: `http://${host}/orders/8` });
    expect([other.code, other.reached]).toEqual(['signature_invalid', []]);
  });

  test('a body goes through the sidecar, whole and checked', async () => {
    const post = { method: 'POST', target: '/orders/7', body: '{"amount":1}' } as const;
    const { status, reached } = await sendSigned(post);
    expect([status, reached[0]?.body()]).toEqual([200, post.body]);
    expectOurs(reached[0]);
    const other = await sendSigned(post, { body: Buffer.from('{"amount":9}') });
    expect([other.status, other.code, other.reached]).toEqual([401, 'digest_mismatch', []]);
    const admin = await sendSigned({ ...post, target: '/admin/7' });
    expect([admin.code, admin.reached]).toEqual(['capability_missing', []]);
    const forged = await sendSigned({ ...post, headers: [['AppWarrant-App', 'x']] });
    expect([forged.code, forged.reached]).toEqual(['identity_header_forged', []]);
  });

  test('a body that is not signed never reaches the server, whatever the method and the framing', async () => {
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS']) {
      const long = await send({
        ...sign({ method, headers: [['Content-Length', '5']] }),
        body: Buffer.from('hello'),
      });
      expect([long.status === 200, long.reached], `${method} with a length`).toEqual([false, []]);
      const chunks = Buffer.from('5\r\nhello\r\n0\r\n\r\n');
      const chunked = await send({
        ...sign({ method, headers: [['Transfer-Encoding', 'chunked']] }),
        body: chunks,
      });
      expect(
        [chunked.status === 200, chunked.reached.filter((each) => each.length() > 0)],
        `${method} in chunks`,
      ).toEqual([false, []]);
    }
  });

  test('shapes of request smuggling do not become a second request', async () => {
    const signed = headOf({
      ...sign({ method: 'POST', target: '/orders/7' }),
      headers: [
        ['Host', `127.0.0.1:${String(all.port)}`],
        ...sign({ method: 'POST', target: '/orders/7' }).headers,
      ],
    });
    const head = signed.replace('Connection: close\r\n', '').slice(0, -2);
    const smuggled = 'GET /admin/1 HTTP/1.1\r\nHost: x\r\n\r\n';
    const shapes = [
      `${head}Content-Length: ${String(smuggled.length + 5)}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      `${head}Content-Length: 0\r\nContent-Length: ${String(smuggled.length)}\r\n\r\n${smuggled}`,
      `${head}Content-Length: +5\r\n\r\nhello`,
      `${head}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ];
    for (const shape of shapes) {
      const before = all.upstream.received.length;
      await exchangeAndEnd(all.port, shape);
      const reached = all.upstream.received.slice(before).map(({ target }) => target);
      expect(
        reached.filter((target) => target !== '/orders/7'),
        shape.slice(-120),
      ).toEqual([]);
    }
  });

  test('nobody opens a tunnel to the server, signed or on a path that needs no proof', async () => {
    const upgrades: (string | undefined)[] = [];
    const onUpgrade = ({ url }: IncomingMessage, socket: Duplex): void => {
      upgrades.push(url);
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    };
    all.upstream.server.on('upgrade', onUpgrade);
    for (const protocol of ['websocket', 'h2c']) {
      const asking = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13`;
      for (const request of [
        { method: 'GET', target: '/healthz', headers: [] },
        sign({ target: '/orders/7' }),
      ]) {
        const head = headOf(hosted(request)).replace('Connection: close', `${asking}\r\nX: close`);
        const text = await firstOf(all.port, head);
        expect(text, protocol).not.toMatch(/^HTTP\/1\.1 101/);
      }
    }
    expect(upgrades).toEqual([]);
    all.upstream.server.off('upgrade', onUpgrade);
  });

  test('a client cannot have fields taken out that say who he is', async () => {
    const before = all.upstream.received.length;
    for (const name of identityNames)
      for (const request of [
        { method: 'GET', target: '/healthz', headers: [] },
        sign({ target: '/orders/7' }),
      ])
        await exchange(
          all.port,
          headOf(hosted(request)).replace('Connection: close', `Connection: close, ${name}`),
        );
    const reached = all.upstream.received.slice(before);
    expect(reached.filter(({ target }) => target === '/healthz').length).toBe(identityNames.length);
    for (const each of reached) expectOurs(each, each.target === '/healthz' ? 'none' : 'orders');
  });

  test('a field that some servers take for one that was checked does not reach them', async () => {
    for (const [name, code] of [
      ['X_HTTP_Method_Override', 'method_override'],
      ['X-HTTP_Method', 'method_override'],
      ['Content_Encoding', 'header_malformed'],
      ['Transfer_Encoding', 'header_malformed'],
      ['Content_Length', 'header_malformed'],
      ['Authorization_Digest', 'header_malformed'],
    ] as const)
      for (const method of ['GET', 'POST'] as const) {
        const added = await sendSigned({ method, target: '/orders/7' }, {});
        expect(added.status).toBe(200);
        const signed = sign({ method, target: '/orders/7' });
        const outcome = await send({ ...signed, headers: [...signed.headers, [name, 'x']] });
        // nginx drops names with an underscore itself.
        if (outcome.status === 200)
          expect(outcome.reached.flatMap(({ headers }) => headers.map(([each]) => each))).not.toContain(name);
        else expect([outcome.code, outcome.reached], name).toEqual([code, []]);
      }
  });

  test('huge header fields are refused, and large ones served', async () => {
    const large = await sendSigned({ headers: [['X-Large', 'x'.repeat(20_000)]] });
    expect([large.status, large.reached.length]).toEqual([200, 1]);
    const huge = await sendSigned({ headers: [['X-Huge', 'x'.repeat(2_000_000)]] }).catch(() => null);
    expect(huge === null || huge.status >= 400).toBe(true);
    expect(huge?.reached ?? []).toEqual([]);
  });
}

/** What a proxy says to a head whose body never ends: pieces of it follow until there is an answer, up to 64 MiB. */
function firstOf(port: number, head: string, piece?: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let left = 1024;
    const more = (): void => {
      while (piece !== undefined && text === '' && left > 0 && socket.writable) {
        left -= 1;
        if (!socket.write(piece)) break;
      }
      if (left === 0) socket.end();
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.includes('\r\n\r\n')) socket.end();
    });
    socket.on('drain', more);
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
    socket.write(head);
    more();
  });
}

/** Writes, gives the other side a moment to do what it will, and ends. */
async function exchangeAndEnd(port: number, text: string): Promise<string> {
  return exchange(
    port,
    `${text}GET /end HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\nConnection: close\r\n\r\n`,
  );
}

describe.skipIf(noCaddy !== '')(`Behind a real Caddy ${noCaddy}`, () => {
  test('whoever proves nothing is answered though his body never ends, so nobody keeps it', async () => {
    await using all = await startBehind('caddy', { serve: ['--exempt', '/healthz'] });
    const host = `Host: 127.0.0.1:${String(all.port)}\r\n`;
    const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const chunked = (line: string): Promise<string> =>
      firstOf(all.port, `${line} HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`, piece);
    for (const target of ['/healthz', '/orders/7']) {
      expect(await chunked(`HEAD ${target}`), target).toMatch(/^HTTP\/1\.1 403 /);
      expect(await chunked(`GET ${target}`), target).toContain('"code":"body_unchecked"');
    }
    expect(await chunked('POST /orders/7')).toContain('"code":"proof_missing"');
    expect(all.upstream.received).toEqual([]);
  });
});

describe.skipIf(noNginx !== '')(`Behind a real nginx ${noNginx}`, () => {
  test('a long body that HTTP/2 does not announce is refused while it comes, on a path that needs no proof too', async () => {
    const edit = (config: string): string => config.replace(/^( +listen [^;]+);/m, '$1 http2;');
    await using all = await startBehind('nginx', { edit, serve: ['--exempt', '/healthz'] });
    const session = connectHttp2(`http://127.0.0.1:${String(all.port)}`);
    session.on('error', () => undefined);
    const codes: unknown[] = [];
    for (const target of ['/healthz', '/orders/7']) {
      const stream = session.request({ ':method': 'POST', ':path': target }, { endStream: false });
      stream.on('error', () => undefined);
      // It never ends by itself.
      stream.write(Buffer.alloc(65_536));
      const answer = await text(stream);
      codes.push((JSON.parse(answer) as { code: string }).code);
      stream.destroy();
    }
    expect(codes).toEqual(['body_unchecked', 'proof_missing']);
    expect(all.upstream.received).toEqual([]);
    session.destroy();
  });

  test('names with underscores that it lets through are refused by the sidecar', async () => {
    const edit = (config: string): string =>
      `underscores_in_headers on; ignore_invalid_headers off;\n${config}`;
    await using all = await startBehind('nginx', { edit });
    const { sendSigned } = client(() => all);
    for (const name of ['AppWarrant_App', 'appwarrant_capabilities', 'AppWarrant.App']) {
      const { code, reached } = await sendSigned({ headers: [[name, 'admin']] });
      expect([code, reached], name).toEqual(['identity_header_forged', []]);
    }
  });

  test('everything can go through the sidecar', async () => {
    await using all = await startBehind('nginx', { asks: false });
    const { sendSigned } = client(() => all);
    const get = await sendSigned({ target: '/orders/a%2Fb?x=%41' });
    expect([get.status, get.reached.map(({ target }) => target)]).toEqual([200, ['/orders/a%2Fb?x=%41']]);
    expectOurs(get.reached[0]);
    expect((await sendSigned({ target: '/admin/1' })).code).toBe('capability_missing');
    const post = await sendSigned({ method: 'POST', target: '/x', body: 'x'.repeat(3_000_000) });
    expect([post.status, post.reached[0]?.length()]).toEqual([200, 3_000_000]);
  });

  test('HTTP/2 comes to the sidecar as what it is, oddities in pseudo-fields are refused, and a body without a length goes nowhere', async () => {
    const edit = (config: string): string => config.replace(/^( +listen [^;]+);/m, '$1 http2;');
    await using all = await startBehind('nginx', { edit });
    const { sign } = client(() => all);
    const session = connectHttp2(`http://127.0.0.1:${String(all.port)}`);
    const ask = (
      { method, target, headers }: RequestToCheck,
      pseudo: Record<string, string> = {},
      body?: string,
    ): Promise<number> =>
      new Promise((resolve) => {
        const fields = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
        const stream = session.request(
          { ':method': method, ':path': target, ...pseudo, ...fields },
          { endStream: body === undefined },
        );
        stream.on('response', (answer) => {
          resolve(Number(answer[':status']));
          stream.resume();
        });
        stream.on('error', () => resolve(0));
        stream.on('close', () => resolve(0));
        if (body !== undefined) stream.end(body);
      });
    try {
      expect(await ask(sign({ target: '/orders/7?x=1' }))).toBe(200);
      expectOurs(all.upstream.received.at(-1));
      const before = all.upstream.received.length;
      for (const path of [
        '/orders/8',
        '//orders/7',
        '/x/../orders/7',
        '/orders/7#x',
        'orders/7',
        '*',
        'http://x/orders/7',
        '',
      ])
        expect(await ask(sign({ target: '/orders/7' }), { ':path': path }), path).not.toBe(200);
      expect(await ask(sign({ target: '/orders/7' }), { ':method': 'POST' })).not.toBe(200);
      expect(await ask(sign({ target: '/orders/7', headers: [['appwarrant-app', 'x']] }))).toBe(400);
      expect(all.upstream.received.length).toBe(before);
      // No length, no digest, and yet a body: the server gets the request that was signed, which has none.
      await ask(sign({ method: 'POST', target: '/orders/7' }), {}, 'unsigned');
      const last = all.upstream.received.slice(before);
      expect(last.map((each) => each.length())).toEqual(last.map(() => 0));
      const { body, ...signed } = sign({ method: 'POST', target: '/orders/7', body: 'signed' });
      const unannounced = {
        ...signed,
        headers: signed.headers.filter(([name]) => name !== 'Content-Length'),
      };
      expect(await ask(unannounced, {}, String(body))).toBe(200);
      expect(all.upstream.received.at(-1)?.body()).toBe('signed');
    } finally {
      session.destroy();
    }
  });

  test('a sidecar that is killed in the middle of a request gets nobody admitted', async () => {
    await using all = await startBehind('nginx');
    const { sign, sendSigned } = client(() => all);
    expect((await sendSigned({ target: '/orders/7' })).status).toBe(200);
    const body = 'x'.repeat(4_000_000);
    const request = sign({ method: 'POST', target: '/orders/7', body });
    const before = all.upstream.received.length;
    const answered = exchange(all.port, headOf(request), body.slice(0, 3_000_000));
    while (all.upstream.received.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    all.sidecar.child.kill('SIGKILL');
    await all.sidecar.ended;
    const [answer] = parseAnswers(await answered);
    const cut = all.upstream.received[before];
    await cut?.over;
    expect([cut?.isWhole(), (cut?.length() ?? 0) < body.length]).toEqual([false, true]);
    expect(answer?.status).toBe(502);
    const after = await sendSigned({ target: '/orders/7' });
    expect([after.status, after.reached]).toEqual([500, []]);
    const post = await sendSigned({ method: 'POST', target: '/orders/7', body: 'x' });
    expect([post.status, post.reached]).toEqual([502, []]);
  });

  test('takes the configuration for an origin with TLS, but for the certificate, which is the customer’s', async () => {
    const { nginxConfig } = await import('../../src/sidecar/proxies/nginx.ts');
    const unix = (path: string) => ({ kind: 'unix', path }) as const;
    const text = nginxConfig({
      origin: 'https://erp.customer.example:8443',
      listen: unix('/run/appwarrant/proxy.sock'),
      check: unix('/run/appwarrant/check.sock'),
      upstream: { kind: 'tcp', host: '127.0.0.1', port: 3000 },
      routes: [{ path: '/', capabilities: [] }],
      madeBy: 'test',
    });
    expect(nginxSays(text)).toMatch(
      /cannot load certificate "\/etc\/ssl\/erp\.customer\.example\/fullchain\.pem"/,
    );
  });
});
