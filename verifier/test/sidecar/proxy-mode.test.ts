import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { request as openRequest, type ServerResponse } from 'node:http';
import { connect, createServer as createRawServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { identityNames } from '../../src/sidecar/identity.ts';
import { alsoWithHeader, digestField, type ToSign } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, sendThenRead, type Answer } from '../http/socket.ts';
import type { Site } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';
import {
  lastingFolder,
  loadedSite,
  startSidecar,
  startUpstream,
  valuesOf,
  type Received,
  type Running,
} from './start.ts';

type Upstream = Awaited<ReturnType<typeof startUpstream>>;

let site: Site;
let upstream: Upstream;
let sidecar: Running;
let handle: Parameters<typeof startUpstream>[0];
const usual: Parameters<typeof startUpstream>[0] = (_request, response, received) =>
  void received.over.then(() => response.end('served'));

beforeAll(async () => {
  site = loadedSite();
  upstream = await startUpstream((...all) => handle?.(...all));
  sidecar = await startSidecar(site, [
    ...['--listen', '127.0.0.1:0', '--upstream', upstream.url, '--exempt', '/healthz'],
    ...[
      '--body-silence',
      '1',
      '--upstream-silence',
      '2',
      '--browser-origin',
      'https://pages.customer.example',
    ],
  ]);
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

type Outcome = {
  readonly answer: Answer;
  readonly code: string | null;
  readonly reached: readonly Received[];
};

/** Sends what was signed, as it stands, and gives what came back and what reached the server. */
async function send(request: RequestToCheck, how: typeof handle = usual): Promise<Outcome> {
  return sendRaw([headOf(request), request.body ?? ''], how);
}

async function sendRaw(
  pieces: readonly (string | Uint8Array)[],
  how: typeof handle = usual,
): Promise<Outcome> {
  handle = how;
  const before = upstream.received.length;
  const [answer] = parseAnswers(await exchange(sidecar.ports.proxy, ...pieces));
  if (answer === undefined) throw new Error('no answer');
  return { answer, code: codeOf(answer), reached: upstream.received.slice(before) };
}

function codeOf({ body }: Answer): string | null {
  try {
    return (JSON.parse(body) as { code: string }).code;
  } catch {
    return null;
  }
}

const sign = (to: Partial<ToSign> = {}): RequestToCheck => signNow(site, to);
const post = { method: 'POST', target: '/orders' } as const;
const chunked = (...pieces: readonly string[]): string =>
  `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;

describe('Requests that go through the sidecar', () => {
  test('reach the server as they came, with who sent them, all fields present, and without what is of the connection', async () => {
    const request = sign({
      target: '/orders/%2f7?b=2&a=%41',
      headers: [
        ['Host', 'erp.customer.example'],
        ['X-Twice', 'one'],
        ['X-Twice', 'two'],
        ['Authorization', 'Bearer user'],
        ['Cookie', 'a=b'],
        ['X-Forwarded-For', '192.0.2.7'],
        ['X-Original-Address', '192.0.2.7'],
        ['AppWarrant-Require', 'orders:read'],
        ['TE', 'trailers'],
        ['Keep-Alive', 'timeout=5'],
      ],
    });
    const { answer, reached } = await send(request);
    expect([answer.status, answer.body]).toEqual([200, 'served']);
    const [received] = reached;
    expect([received?.method, received?.target]).toEqual(['GET', '/orders/%2f7?b=2&a=%41']);
    const of = (name: string): readonly string[] => valuesOf(received as Received, name);
    expect(of('Host')).toEqual(['erp.customer.example']);
    expect(of('X-Twice')).toEqual(['one', 'two']);
    expect(of('Authorization')).toEqual(['Bearer user']);
    expect(of('X-Forwarded-For')).toEqual(['192.0.2.7']);
    for (const name of ['AppWarrant-Require', 'X-Original-Address', 'TE', 'Keep-Alive'])
      expect(of(name)).toEqual([]);
    for (const name of identityNames) expect(of(name), name).toHaveLength(1);
    expect([...of('AppWarrant-Verdict'), ...of('AppWarrant-App')]).toEqual(['app', 'orders']);
    const receipt = JSON.parse(
      Buffer.from(of('AppWarrant-Receipt')[0] ?? '', 'base64url').toString(),
    ) as object;
    expect(receipt).toMatchObject({ type: 'appwarrant/receipt/1', deployment: site.deployment });
  });

  test('are refused before the server hears of them', async () => {
    const refused: readonly (readonly [number, string, RequestToCheck])[] = [
      [401, 'proof_missing', { method: 'GET', target: '/orders', headers: [] }],
      [401, 'signature_invalid', { ...sign(), target: '/other' }],
      [400, 'target_malformed', sign({ target: '/a/%2e%2e/b' })],
      [400, 'target_malformed', { ...sign(), target: 'http://erp.customer.example/orders?open=1' }],
      [
        400,
        'header_repeated',
        sign({
          headers: [
            ['Host', 'a'],
            ['Host', 'b'],
          ],
        }),
      ],
      [400, 'header_malformed', sign({ headers: [['Connection', 'close, Authorization']] })],
      [
        505,
        'protocol_unsupported',
        sign({
          headers: [
            ['Upgrade', 'websocket'],
            ['Connection', 'close'],
          ],
        }),
      ],
      [403, 'capability_missing', sign({ headers: [['AppWarrant-Require', 'orders:read admin']] })],
      [400, 'forwarding_malformed', sign({ headers: [['AppWarrant-Require', 'orders:read, ADMIN']] })],
      [400, 'method_override', sign({ headers: [['X-Method-Override', 'DELETE']] })],
    ];
    for (const [status, code, request] of refused) {
      const outcome = await send(request);
      expect([outcome.answer.status, outcome.code, outcome.reached], code).toEqual([status, code, []]);
    }
    const once = sign();
    expect((await send(once)).answer.status).toBe(200);
    const again = await send(once);
    expect([again.code, again.reached]).toEqual(['replayed', []]);
  });

  test.each(identityNames)(
    'are refused where they bring a field that only the sidecar may set: %s',
    async (name) => {
      for (const spelling of [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replace('-', '.')]) {
        for (const target of ['/orders', '/healthz']) {
          const { code, reached } = await send(alsoWithHeader(sign({ target }), spelling, 'x'));
          expect([code, reached], spelling).toEqual(['identity_header_forged', []]);
        }
      }
    },
  );

  test('need no proof on an exempt path, whose body goes by as it is', async () => {
    const get = await send({ method: 'GET', target: '/healthz?x', headers: [] });
    expect([get.answer.status, ...valuesOf(get.reached[0] as Received, 'AppWarrant-Verdict')]).toEqual([
      200,
      'exempt',
    ]);
    const body = Buffer.from('hello');
    const put = await send({ method: 'PUT', target: '/healthz', headers: [['Content-Length', '5']], body });
    expect([put.answer.status, put.reached[0]?.body()]).toEqual([200, 'hello']);
    for (const name of identityNames)
      expect(valuesOf(put.reached[0] as Received, name), name).toHaveLength(1);
    const near = await send({ method: 'GET', target: '/healthz/x', headers: [] });
    expect([near.code, near.reached]).toEqual(['proof_missing', []]);
  });

  test('of browsers that only ask are answered here', async () => {
    const ask = (origin: string): RequestToCheck => ({
      method: 'OPTIONS',
      target: '/orders',
      headers: [
        ['Origin', origin],
        ['Access-Control-Request-Method', 'POST'],
      ],
    });
    const page = await send(ask('https://pages.customer.example'));
    expect([
      page.answer.status,
      page.answer.headers.get('access-control-allow-methods'),
      page.reached,
    ]).toEqual([204, 'POST', []]);
    const other = await send(ask('https://evil.example'));
    expect([other.answer.headers.get('access-control-allow-origin'), other.reached]).toEqual([undefined, []]);
  });
});

describe('A body', () => {
  test('reaches the server whole, with its length, its coding and its receipt', async () => {
    const body = gzipSync('x'.repeat(100_000));
    const { answer, reached } = await send(
      sign({
        ...post,
        body,
        headers: [
          ['Content-Encoding', 'gzip'],
          ['Content-Type', 'text/plain'],
        ],
      }),
    );
    const [received] = reached;
    expect([answer.status, received?.length(), received?.isWhole()]).toEqual([200, body.length, true]);
    expect(valuesOf(received as Received, 'Content-Length')).toEqual([String(body.length)]);
    expect(valuesOf(received as Received, 'AppWarrant-Receipt')[0]).not.toBe('none');
  });

  test('may come in chunks, with extensions and trailers, which nobody has signed and which go no further', async () => {
    const request = sign({
      ...post,
      body: 'hello',
      headers: [
        ['Transfer-Encoding', 'chunked'],
        ['Trailer', 'X-Late'],
      ],
    });
    const pieces = '2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX-Late: AppWarrant-App\r\nAppWarrant-App: x\r\n\r\n';
    const { answer, reached } = await sendRaw([headOf(request), pieces]);
    expect([answer.status, reached[0]?.body()]).toEqual([200, 'hello']);
    expect(valuesOf(reached[0] as Received, 'Trailer')).toEqual([]);
  });

  test('that is another is refused, and a short one never reaches the server', async () => {
    const request = sign({ ...post, body: '{"amount":1}' });
    const { answer, code, reached } = await send({ ...request, body: Buffer.from('{"amount":9}') });
    expect([answer.status, code, reached]).toEqual([401, 'digest_mismatch', []]);
    expect(sidecar.lines.some((line) => line.code === 'digest_mismatch')).toBe(true);
  });

  test.each(['Content-Length', 'Transfer-Encoding'])(
    'that is long is streamed, and the server never sees the end of another than was signed: %s',
    async (framing) => {
      const whole = Buffer.alloc(3_000_000, 'a');
      const other = Buffer.from(whole);
      other[other.length - 1] = 0x62;
      const headers: [string, string][] =
        framing === 'Content-Length' ? [] : [['Transfer-Encoding', 'chunked']];
      const framed = (bytes: Buffer): string | Buffer =>
        headers.length === 0 ? bytes : chunked(bytes.toString('latin1'));
      const good = await sendRaw([headOf(sign({ ...post, body: whole, headers })), framed(whole)]);
      expect([good.answer.status, good.reached[0]?.length(), good.reached[0]?.isWhole()]).toEqual([
        200,
        3_000_000,
        true,
      ]);
      expect(valuesOf(good.reached[0] as Received, 'AppWarrant-Receipt')).toEqual(['none']);
      const bad = await sendRaw([headOf(sign({ ...post, body: whole, headers })), framed(other)]);
      expect([bad.answer.status, bad.code]).toEqual([401, 'digest_mismatch']);
      await bad.reached[0]?.over;
      expect(bad.reached[0]?.isWhole()).toBe(false);
      expect(bad.reached[0]?.length()).toBeLessThan(3_000_000);
    },
  );

  test('is answered only when it has been checked, however early the server answers', async () => {
    const whole = Buffer.alloc(3_000_000, 'a');
    const other = Buffer.alloc(3_000_000, 'b');
    const early: typeof handle = (request, response) => {
      request.resume();
      response.end('secret');
    };
    const bad = await sendRaw([headOf(sign({ ...post, body: whole })), other], early);
    expect([bad.answer.status, bad.code]).toEqual([401, 'digest_mismatch']);
    expect(bad.answer.body).not.toContain('secret');
    const good = await sendRaw([headOf(sign({ ...post, body: whole })), whole], early);
    expect([good.answer.status, good.answer.body]).toEqual([200, 'secret']);
  });

  test('that the app did not sign is refused, also where its length is hidden in chunks', async () => {
    const plain = sign(post);
    const long = await sendRaw([headOf(alsoWithHeader(plain, 'Content-Length', '5')), 'hello']);
    expect([long.code, long.reached]).toEqual(['proof_coverage', []]);
    const hidden = await sendRaw([
      headOf(alsoWithHeader(sign(post), 'Transfer-Encoding', 'chunked')),
      chunked('hello'),
    ]);
    expect([hidden.code, hidden.reached]).toEqual(['proof_coverage', []]);
    const nothing = sign({
      ...post,
      headers: [
        ['Content-Digest', digestField('')],
        ['Transfer-Encoding', 'chunked'],
      ],
    });
    const smuggled = await sendRaw([headOf(nothing), chunked('hello')]);
    expect([smuggled.code, smuggled.reached]).toEqual(['digest_mismatch', []]);
  });

  test('is asked for only when the head has passed', async () => {
    const expecting = (request: RequestToCheck): RequestToCheck =>
      alsoWithHeader(request, 'Expect', '100-continue');
    const passed = await exchange100(expecting(sign({ ...post, body: 'hello' })));
    expect(passed).toEqual(['HTTP/1.1 100 Continue', 'HTTP/1.1 200 OK']);
    const request = sign({ ...post, body: 'hello' });
    expect(await exchange100(expecting({ ...request, target: '/other' }))).toEqual([
      'HTTP/1.1 401 Unauthorized',
    ]);
  });

  test('that comes too slowly, or breaks off, is refused, and the server sees no end of it', async () => {
    const slow = await sendRaw([headOf(sign({ ...post, body: 'hello' })), 'he']);
    expect([slow.answer.status, slow.code, slow.reached]).toEqual([408, 'body_timeout', []]);
    const whole = Buffer.alloc(3_000_000, 'a');
    const stalled = await sendRaw([headOf(sign({ ...post, body: whole })), whole.subarray(0, 2_000_000)]);
    expect([stalled.answer.status, stalled.code]).toEqual([408, 'body_timeout']);
    await stalled.reached[0]?.over;
    expect(stalled.reached[0]?.isWhole()).toBe(false);
    const before = upstream.received.length;
    const socket = connect(sidecar.ports.proxy, '127.0.0.1');
    socket.write(headOf(sign({ ...post, body: whole })));
    socket.write(whole.subarray(0, 2_000_000));
    while (upstream.received.length === before) await pause();
    socket.destroy();
    await upstream.received[before]?.over;
    expect(upstream.received[before]?.isWhole()).toBe(false);
  });

  test('of a gigabyte goes through in flat memory, in chunks', async () => {
    const size = 1024 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024, 'gigabyte');
    const hash = createHash('sha256');
    for (let at = 0; at < size; at += piece.length) hash.update(piece);
    const digest = `sha-256=:${hash.digest('base64')}:`;
    const quiet = await startUpstream(undefined, { keepBodies: false });
    await using own = quiet;
    await using fresh = await startSidecar(loadedSiteAgain(), [
      '--listen',
      '127.0.0.1:0',
      '--upstream',
      own.url,
    ]);
    const signed = signNow(again, {
      ...post,
      headers: [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Digest', digest],
      ],
    });
    const idle = peakOf(fresh);
    const status = await new Promise<number>((resolve, reject) => {
      const request = openRequest({
        port: fresh.ports.proxy,
        host: '127.0.0.1',
        method: 'POST',
        path: '/orders',
        headers: Object.fromEntries(signed.headers),
      });
      request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
      request.on('error', reject);
      let at = 0;
      const push = (): void => {
        for (; at < size; at += piece.length) {
          if (!request.write(piece)) {
            at += piece.length;
            request.once('drain', push);
            return;
          }
        }
        request.end();
      };
      push();
    });
    expect([status, own.received[0]?.length(), own.received[0]?.isWhole()]).toEqual([200, size, true]);
    // All of it held would be a thousand times as much.
    expect(peakOf(fresh) - idle).toBeLessThan(128 * 1024 * 1024);
  }, 120_000);
});

let again: Site;
function loadedSiteAgain(): Site {
  again = loadedSite();
  return again;
}

/** The most memory that a process has had so far, in bytes, as the system counts it. */
function peakOf({ child }: Running): number {
  const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

describe('The server’s answer', () => {
  test('comes back untouched: status, fields in their order and number, body in pieces, trailers', async () => {
    const { answer } = await send(sign(), (_request, response) => {
      response.sendDate = false;
      response.writeHead(418, 'Short and stout', [
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Case', 'Kept', 'Content-Length', '5'],
      ]);
      response.end('stout');
    });
    expect(answer.status).toBe(418);
    expect([...answer.headers.entries()]).toEqual([
      ['set-cookie', 'b=2'],
      ['x-case', 'Kept'],
      ['content-length', '5'],
      ['connection', 'close'],
    ]);
    const text = await exchangeWith((_request, response) => {
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.write('one');
      response.addTrailers({ 'X-Sum': '1' });
      response.end();
    });
    expect(text).toMatch(/\r\n3\r\none\r\n0\r\nX-Sum: 1\r\n\r\n$/);
    const head = await send(sign({ method: 'HEAD' }), (_request, response) => {
      response.setHeader('Content-Length', '7');
      response.end();
    }).catch((error: unknown) => String(error));
    expect(typeof head === 'string' ? head : head.answer.headers.get('content-length')).toBe('7');
    const none = await send(sign(), (_request, response) => void response.writeHead(304).end());
    expect(none.answer.status).toBe(304);
  });

  test('that is half is not taken for whole', async () => {
    const text = await exchangeWith((_request, response) => {
      response.writeHead(200, { 'Content-Length': '10' });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    expect(text).toContain('Content-Length: 10');
    expect(text.endsWith('half') || text.endsWith('\r\n\r\n')).toBe(true);
  });

  test('that does not come is 502, and one that is too slow 504', async () => {
    const closed = await send(sign(), (request) => void request.socket.destroy());
    expect([closed.answer.status, closed.code]).toEqual([502, 'upstream_unavailable']);
    const slow = await send(sign(), () => undefined);
    expect([slow.answer.status, slow.code]).toEqual([504, 'upstream_unavailable']);
    expect((JSON.parse(slow.answer.body) as { status: number }).status).toBe(504);
    const gone = await startUpstream();
    await gone[Symbol.asyncDispose]();
    await using alone = await startSidecar(loadedSiteAgain(), [
      '--listen',
      '127.0.0.1:0',
      '--upstream',
      gone.url,
    ]);
    const [down] = parseAnswers(await exchange(alone.ports.proxy, headOf(signNow(again))));
    expect(down && [down.status, codeOf(down)]).toEqual([502, 'upstream_unavailable']);
    expect((await alone.line('trouble')).code).toBe('upstream_unavailable');
  });

  test('that is no HTTP is 502', async () => {
    const server = createRawServer((socket: Socket) => void socket.end('SSH-2.0-OpenSSH\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await using alone = await startSidecar(loadedSiteAgain(), [
        ...['--listen', '127.0.0.1:0', '--upstream', `http://127.0.0.1:${String(port)}`],
      ]);
      const [answer] = parseAnswers(await exchange(alone.ports.proxy, headOf(signNow(again))));
      expect(answer && [answer.status, codeOf(answer)]).toEqual([502, 'upstream_unavailable']);
    } finally {
      server.close();
    }
  });

  test('is not waited for when the client has gone', async () => {
    const over = new Promise<boolean>((resolve) => {
      handle = (_request, response) => void response.on('close', () => resolve(response.writableFinished));
    });
    const before = upstream.received.length;
    const socket = connect(sidecar.ports.proxy, '127.0.0.1');
    socket.write(headOf(sign()));
    while (upstream.received.length === before) await pause();
    socket.destroy();
    expect(await over).toBe(false);
  });
});

describe('A connection', () => {
  const kept = (request: RequestToCheck): string => headOf(request).replace('Connection: close\r\n', '');

  test('carries one request after another, and several that come at once, in their order', async () => {
    handle = (_request, response, { target }) => void response.end(target);
    const requests = ['/1', '/2', '/3'].map((target) => kept(sign({ target })));
    const answers = parseAnswers(
      await exchange(sidecar.ports.proxy, requests.join('') + headOf(sign({ target: '/4' }))),
    );
    expect(answers.map(({ body }) => body)).toEqual(['/1', '/2', '/3', '/4']);
  });

  test('goes on where the rest of a refused body comes, and no answer before it says that it would end', async () => {
    const refused = sign({ ...post, headers: [['AppWarrant-App', 'x']], body: 'x'.repeat(200_000) });
    handle = usual;
    const before = upstream.received.length;
    const socket = connect(sidecar.ports.proxy, '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
    socket.write(kept(refused));
    await expect.poll(() => seen, { timeout: 10_000 }).toContain('identity_header_forged');
    socket.write(refused.body ?? '');
    socket.write(headOf(sign({ target: '/next' })));
    await expect.poll(() => socket.closed).toBe(true);
    const answers = parseAnswers(seen);
    expect(answers.map(({ status, headers }) => [status, headers.get('connection')])).toEqual([
      [400, 'keep-alive'],
      [200, 'close'],
    ]);
    expect(upstream.received.slice(before).map(({ target }) => target)).toEqual(['/next']);
  });

  test('ends where nobody knows where the request ends', async () => {
    handle = usual;
    const inner = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
    const head =
      'POST /healthz HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    const [answer, ...more] = parseAnswers(await exchange(sidecar.ports.proxy, head, inner));
    expect([answer?.status, answer?.headers.get('connection'), more.length]).toEqual([400, 'close', 0]);
  });

  test('that had a refused body is no other for the requests behind it', async () => {
    const slow = async (response: ServerResponse, milliseconds: number): Promise<void> => {
      response.setHeader('Content-Length', 4);
      response.write('so');
      await wait(milliseconds);
      response.end('me');
    };
    handle = (_request, response, { target }) =>
      void slow(response, target === '/first' ? 3000 : target === '/last' ? 6000 : 0);
    const refused = sign({ ...post, headers: [['AppWarrant-App', 'x']], body: 'x'.repeat(10) });
    const socket = connect(sidecar.ports.proxy, '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')));
    // Its body ends while the answer waits for the one before it.
    socket.write(kept(sign({ target: '/first' })));
    socket.write(`${kept(refused)}xxxxx`);
    await wait(2500);
    socket.write(`xxxxx${headOf(sign({ target: '/last' }))}`);
    await expect.poll(() => socket.closed, { timeout: 20_000 }).toBe(true);
    const answers = parseAnswers(seen).map(({ status, body }) => [status, status === 200 ? body : '']);
    expect(answers).toEqual([
      [200, 'some'],
      [400, ''],
      [200, 'some'],
    ]);
  }, 40_000);

  test('brings the refusal also to a client that sends everything before it reads', async () => {
    for (const head of [headOf, kept]) {
      const refused = sign({ ...post, headers: [['AppWarrant-App', 'x']], body: 'x'.repeat(8_000_000) });
      const text = await sendThenRead(sidecar.ports.proxy, head(refused), refused.body ?? '', headOf(sign()));
      expect(parseAnswers(text)[0]).toMatchObject({ status: 400 });
    }
  });

  test('is closed where a refused body is left on it, so that nothing of it is taken for a request', async () => {
    const inner = headOf(sign({ target: '/smuggled' }));
    const refused = sign({ ...post, body: 'x'.repeat(inner.length + 200_000) });
    handle = usual;
    const before = upstream.received.length;
    const text = await exchange(sidecar.ports.proxy, kept({ ...refused, target: '/other' }), inner);
    expect(parseAnswers(text).map(({ status }) => status)).toEqual([401]);
    expect(upstream.received.slice(before)).toEqual([]);
  });

  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  test.each<[string, string, (head: string) => string]>([
    [
      'length and chunks',
      'framing_ambiguous',
      (head) => `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'two lengths',
      'framing_ambiguous',
      (head) => `${head}Content-Length: 0\r\nContent-Length: 36\r\n\r\n${smuggled}`,
    ],
    ['a length with a sign', 'framing_ambiguous', (head) => `${head}Content-Length: +0\r\n\r\n${smuggled}`],
    [
      'chunked twice',
      'framing_ambiguous',
      (head) => `${head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'another coding',
      'framing_ambiguous',
      (head) => `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'chunked not last',
      'framing_ambiguous',
      (head) => `${head}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'space before the colon',
      'header_malformed',
      (head) => `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      'a folded line',
      'header_malformed',
      (head) => `${head}X: y\r\n Transfer-Encoding: chunked\r\n\r\n${smuggled}`,
    ],
    ['a bare line feed', 'header_malformed', (head) => `${head}X: y\nContent-Length: 36\r\n\r\n${smuggled}`],
    [
      'a bare carriage return',
      'header_malformed',
      (head) => `${head}X: y\rContent-Length: 36\r\n\r\n${smuggled}`,
    ],
    ['a bare line feed at the end of the head', 'header_malformed', (head) => `${head}\n${smuggled}`],
    ['a null byte', 'header_malformed', (head) => `${head}X: a\0b\r\n\r\n`],
    ['CONNECT', 'method_malformed', () => 'CONNECT erp:443 HTTP/1.1\r\nHost: erp\r\n\r\n'],
    ['no HTTP at all', 'method_malformed', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['HTTP/2 without being asked', 'protocol_unsupported', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an unknown version', 'protocol_unsupported', (head) => `${head.replace('HTTP/1.1', 'HTTP/1.2')}\r\n`],
    ['a huge head', 'too_large', (head) => `${head}X: ${'x'.repeat(200_000)}\r\n\r\n`],
    [
      'a long target',
      'too_large',
      () => headOf({ method: 'GET', target: `/${'x'.repeat(9000)}`, headers: [] }),
    ],
    ['CGI’s spelling of a length', 'identity_header_forged', (head) => `${head}AppWarrant_App: x\r\n\r\n`],
  ])('is refused and closed where a request can be read in two ways: %s', async (_name, code, shape) => {
    handle = usual;
    const before = upstream.received.length;
    const head = headOf(sign({ ...post })).slice(0, -2);
    const answers = parseAnswers(await exchange(sidecar.ports.proxy, shape(head)));
    expect(answers.map(codeOf)).toEqual([code]);
    expect(upstream.received.slice(before)).toEqual([]);
  });

  test('of which the client has closed its half is given up', async () => {
    handle = usual;
    const before = upstream.received.length;
    const text = await new Promise<string>((resolve) => {
      const socket = connect({ port: sidecar.ports.proxy, host: '127.0.0.1', allowHalfOpen: true });
      let all = '';
      socket.on('data', (chunk: Buffer) => (all += chunk.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(all));
      socket.on('end', () => socket.destroy());
      socket.end(headOf(sign({ ...post, body: 'hello' })) + 'he');
    });
    expect(
      parseAnswers(text)
        .map(codeOf)
        .filter((code) => code !== 'body_incomplete'),
    ).toEqual([]);
    expect(upstream.received.slice(before)).toEqual([]);
  });
});

test('The server may listen on a socket, and the sidecar too', async () => {
  const folder = lastingFolder();
  const path = join(folder, 'server.sock');
  await using own = await startUpstream(undefined, { socket: path });
  const at = join(folder, 'proxy.sock');
  await using alone = await startSidecar(loadedSiteAgain(), [
    '--listen',
    `unix:${at}`,
    '--upstream',
    `unix:${path}`,
  ]);
  expect((await alone.line('ready')).proxy).toBe(`unix:${at}`);
  const status = await new Promise<number>((resolve, reject) => {
    const { headers } = signNow(again, { target: '/orders' });
    const request = openRequest({ socketPath: at, path: '/orders', headers: Object.fromEntries(headers) });
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    request.on('error', reject);
    request.end();
  });
  expect([status, own.received.length]).toEqual([200, 1]);
});

describe('A signal to stop', () => {
  test('lets what is under way come to its end, and takes nothing new', async () => {
    let answerNow: (() => void) | undefined;
    await using own = await startUpstream((_request, response) => {
      answerNow = () => void response.end('at last');
    });
    await using alone = await startSidecar(loadedSiteAgain(), [
      '--listen',
      '127.0.0.1:0',
      '--upstream',
      own.url,
    ]);
    const answered = exchange(alone.ports.proxy, headOf(signNow(again)).replace('Connection: close\r\n', ''));
    while (own.received.length === 0) await pause();
    alone.child.kill('SIGTERM');
    await alone.line('stopping');
    await expect(exchange(alone.ports.proxy, headOf(signNow(again)))).rejects.toThrow(/ECONNREFUSED/);
    answerNow?.();
    const [answer] = parseAnswers(await answered);
    expect([answer?.status, answer?.body, answer?.headers.get('connection')]).toEqual([
      200,
      'at last',
      'close',
    ]);
    expect(await alone.ended).toBe(0);
    expect(alone.lines.at(-1)?.event).toBe('stopped');
    expect(alone.errors()).toBe('');
  });

  test('ends what does not come to its end in time', async () => {
    await using own = await startUpstream(() => undefined);
    await using alone = await startSidecar(loadedSiteAgain(), [
      ...['--listen', '127.0.0.1:0', '--upstream', own.url, '--drain', '0.2'],
    ]);
    const answered = exchange(alone.ports.proxy, headOf(signNow(again)));
    while (own.received.length === 0) await pause();
    alone.child.kill('SIGINT');
    expect([await alone.ended, await answered]).toEqual([0, '']);
  });

  test('lets a client read at his leisure what was answered', async () => {
    const size = 30_000_000;
    await using own = await startUpstream((_request, response) => {
      response.setHeader('Content-Length', size);
      for (let at = 0; at < size; at += 1_000_000) response.write(Buffer.alloc(1_000_000));
      response.end();
    });
    await using alone = await startSidecar(loadedSiteAgain(), [
      ...['--listen', '127.0.0.1:0', '--upstream', own.url],
    ]);
    const socket = connect(alone.ports.proxy, '127.0.0.1');
    socket.write(headOf(signNow(again)).replace('Connection: close\r\n', ''));
    let length = 0;
    for await (const chunk of socket) {
      if (length === 0) alone.child.kill('SIGTERM');
      length += (chunk as Buffer).length;
      if (length < 10_000_000) await pause();
    }
    expect(length).toBeGreaterThan(size);
    expect(await alone.ended).toBe(0);
  });

  test('does not wait for what is left of a refused body', async () => {
    await using alone = await startSidecar(loadedSiteAgain(), [
      ...['--listen', '127.0.0.1:0', '--upstream', upstream.url, '--drain', '3600'],
    ]);
    const refused = signNow(again, {
      ...post,
      headers: [['AppWarrant-App', 'x']],
      body: 'x'.repeat(200_000),
    });
    const answers: Promise<string>[] = [];
    for (const isCompleted of [true, false]) {
      const socket = connect(alone.ports.proxy, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(headOf(refused).replace('Connection: close\r\n', ''));
      answers.push(
        once(socket, 'data').then(async ([chunk]: Buffer[]) => {
          await alone.line('stopping');
          if (isCompleted) socket.write(refused.body ?? '');
          return String(chunk);
        }),
      );
    }
    await pause();
    setTimeout(() => alone.child.kill('SIGTERM'), 4000);
    for (const answer of await Promise.all(answers)) expect(answer).toContain('identity_header_forged');
    expect(await alone.ended).toBe(0);
  });

  test('does not wait for a connection that nobody ends', async () => {
    const own = loadedSite();
    await using alone = await startSidecar(own, [
      ...['--listen', '127.0.0.1:0', '--upstream', upstream.url, '--status', '127.0.0.1:0', '--drain', '0.2'],
    ]);
    const sockets = [alone.ports.status, alone.ports.proxy].map((port) =>
      connect({ port, host: '127.0.0.1', allowHalfOpen: true }),
    );
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n');
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
    }
    alone.child.kill('SIGTERM');
    expect(await alone.ended).toBe(0);
    expect(existsSync(join(own.folder, 'replay'))).toBe(true);
    for (const socket of sockets) socket.destroy();
  });

  test('keeps the nonces that were used for the next start', async () => {
    const own = loadedSite();
    const request = signNow(own);
    await using first = await startSidecar(own, ['--listen', '127.0.0.1:0', '--upstream', upstream.url]);
    handle = usual;
    expect(parseAnswers(await exchange(first.ports.proxy, headOf(request)))[0]?.status).toBe(200);
    first.child.kill('SIGTERM');
    await first.ended;
    await using second = await startSidecar(own, ['--listen', '127.0.0.1:0', '--upstream', upstream.url]);
    const [answer] = parseAnswers(await exchange(second.ports.proxy, headOf(request)));
    expect(answer && codeOf(answer)).toBe('replayed');
  });
});

/** The status lines that come back to a request which waits to be asked for its body. */
function exchange100(request: RequestToCheck): Promise<readonly string[]> {
  handle = usual;
  return new Promise((resolve) => {
    const socket = connect(sidecar.ports.proxy, '127.0.0.1');
    let text = '';
    let sent = false;
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!sent && text.startsWith('HTTP/1.1 100')) {
        sent = true;
        socket.write(request.body ?? '');
      }
    });
    socket.on('close', () => resolve(text.match(/HTTP\/1\.1 \d+ \w+/g) ?? []));
    socket.write(headOf(request));
  });
}

function exchangeWith(how: NonNullable<typeof handle>): Promise<string> {
  handle = how;
  return exchange(sidecar.ports.proxy, headOf(sign()));
}

function pause(): Promise<void> {
  return wait(5);
}
