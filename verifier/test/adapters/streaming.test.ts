import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import busboy from 'busboy';
import { describe, expect, it } from 'vitest';
import { bodyChecked, protect, type ProtectOptions } from '../../src/adapters/node.ts';
import { Refused } from '../../src/refused.ts';
import { bytesInUse } from '../bytes-in-use.ts';
import { grantOf, makeSite } from '../http/site.ts';
import { digestField, makeKey, type SigningKey } from '../http/sign.ts';
import { exchange, headOf, parseAnswers, send } from '../http/socket.ts';
import { make, names, type Handler } from './frameworks.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// On paths of `streaming` a handler reads the body itself, while it is being checked. What it must never see is the end of another body
// than the one that was signed.

const path = '/uploads/a';
const options = { streaming: ['/uploads/*'] };

/** How handlers read; each gives the digest of what it got, and only when it has seen the end. */
const readers: Readonly<Record<string, (request: IncomingMessage) => Promise<string>>> = {
  async 'in a loop'(request) {
    const hash = createHash('sha256');
    for await (const chunk of request) hash.update(chunk as Buffer);
    return hash.digest('hex');
  },
  'by events': (request) =>
    new Promise((resolve, reject) => {
      const hash = createHash('sha256');
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => resolve(hash.digest('hex'))).on('error', reject);
    }),
  'through a pipe': (request) =>
    new Promise((resolve, reject) => {
      const hash = createHash('sha256');
      request.on('error', reject);
      request.pipe(hash).on('finish', () => resolve(hash.digest('hex')));
    }),
  async 'through a pipeline'(request) {
    const hash = createHash('sha256');
    await pipeline(request, hash);
    return hash.digest('hex');
  },
  async 'in a loop, later'(request) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    const hash = createHash('sha256');
    for await (const chunk of request) hash.update(chunk as Buffer);
    return hash.digest('hex');
  },
  async 'as a web stream'(request) {
    const hash = createHash('sha256');
    for await (const chunk of Readable.toWeb(request)) hash.update(chunk as Uint8Array);
    return hash.digest('hex');
  },
};
const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function makeApi(name: string, handler: Handler) {
  const site = makeSite();
  const begun: string[] = [];
  const ended: string[] = [];
  const failed: unknown[] = [];
  const listener = make(name, {
    verifier: site.checker,
    options,
    capability: 'orders:read',
    routes: {
      async [path](request, of) {
        begun.push(request.url ?? '');
        try {
          const said = await handler(request, of);
          ended.push(said);
          return said;
        } catch (error) {
          failed.push(error);
          throw error;
        }
      },
    },
  });
  return { site, listener, begun, ended, failed };
}

/** Opens a connection, and collects what comes back. */
async function open(port: number): Promise<{ socket: Socket; answer: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  const answer = once(socket, 'close').then(() => text);
  await once(socket, 'connect');
  return { socket, answer };
}

describe.each(names)('a streamed body behind %s', (name) => {
  it.each(Object.keys(readers))('reaches its handler whole, read %s', async (how) => {
    const api = makeApi(name, (request) => readers[how]?.(request) ?? '');
    await using server = await serve(api.listener);
    for (const length of [1, 1000, 70_000, 3_000_000]) {
      const body = randomBytes(length);
      const answer = await send(server.port, api.site.sign({ method: 'POST', target: path, body }));
      expect(answer).toMatchObject({ status: 200, body: hex(body) });
    }
  });

  // Its handler is never told that it has ended, or never begins.
  describe('sends a long body whose end is not what was signed', () => {
    it.each(Object.keys(readers))('never ends, read %s', async (how) => {
      const api = makeApi(name, (request) => readers[how]?.(request) ?? '');
      await using server = await serve(api.listener);
      for (const length of [1000, 70_000, 3_000_000]) {
        const body = randomBytes(length);
        const request = api.site.sign({ method: 'POST', target: path, body });
        const changed = Buffer.from(body);
        changed.writeUInt8(changed.readUInt8(length - 1) ^ 1, length - 1);
        // The last byte comes by itself, so that the handler has had all the others.
        const { socket, answer } = await open(server.port);
        socket.write(headOf(request));
        socket.write(changed.subarray(0, -1));
        await expect.poll(() => api.begun.length).toBeGreaterThan(0);
        api.begun.length = 0;
        socket.write(changed.subarray(-1));
        const [refused] = parseAnswers(await answer);
        expectProblem(refused, 401, 'digest_mismatch');
        expect(refused?.headers.get('connection')).toBe('close');
        await expect.poll(() => api.failed).toMatchObject([{ code: 'digest_mismatch' }]);
        api.failed.length = 0;
      }
      expect(api.ended).toEqual([]);
    });

    it('is refused before its handler where all of it is there already', async () => {
      const api = makeApi(name, (request) => readers['in a loop']?.(request) ?? '');
      await using server = await serve(api.listener);
      const { body: _body, ...head } = api.site.sign({ method: 'POST', target: path, body: 'one' });
      const { socket, answer } = await open(server.port);
      socket.write(`${headOf(head)}two`);
      expectProblem(parseAnswers(await answer)[0], 401, 'digest_mismatch');
      expect([api.begun, api.ended].flat().filter((said) => said !== path)).toEqual([]);
    });

    it('is refused where it was announced and never came', async () => {
      const api = makeApi(name, (request) => readers['in a loop']?.(request) ?? '');
      await using server = await serve(api.listener);
      const headers = [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Digest', digestField('')],
      ] as const;
      const request = api.site.sign({ method: 'POST', target: path, headers });
      const [answer] = parseAnswers(await exchange(server.port, headOf(request), '0\r\n\r\n'));
      expectProblem(answer, 400, 'body_incomplete');
      expect(api.ended).toEqual([]);
    });
  });

  it('may be chunked, compressed, or both: the digest is over the bytes as they are sent', async () => {
    const api = makeApi(name, (request) => readers['in a loop']?.(request) ?? '');
    await using server = await serve(api.listener);
    const body = gzipSync(Buffer.alloc(200_000, 'orders'));
    const gzip = ['Content-Encoding', 'gzip'] as const;
    const chunked = ['Transfer-Encoding', 'chunked'] as const;
    const to = { method: 'POST', target: path, body };
    expect(await send(server.port, api.site.sign({ ...to, headers: [gzip] }))).toMatchObject({
      status: 200,
      body: hex(body),
    });
    const pieces = [body.subarray(0, 7), body.subarray(7)].flatMap((piece) => [
      `${piece.length.toString(16)}\r\n`,
      piece,
      '\r\n',
    ]);
    const request = api.site.sign({ ...to, headers: [gzip, chunked] });
    const [answer] = parseAnswers(await exchange(server.port, headOf(request), ...pieces, '0\r\n\r\n'));
    expect(answer).toMatchObject({ status: 200, body: hex(body) });
    // Whoever takes the coding off on the way has changed what was covered.
    const unpacked = api.site.sign({ ...to, headers: [gzip] });
    const headers = unpacked.headers.filter(([field]) => field !== 'Content-Encoding');
    expectProblem(await send(server.port, { ...unpacked, headers }), 401, 'proof_coverage');
  });

  it('of parts is taken apart by a real parser, which reports an error where the body is another', async () => {
    const api = makeApi(name, async (request) => {
      const files: string[] = [];
      const parser = busboy({ headers: request.headers });
      parser.on('file', (field, stream) => {
        const hash = createHash('sha256');
        stream.on('data', (chunk: Buffer) => hash.update(chunk));
        stream.on('end', () => files.push(`${field} ${hash.digest('hex')}`));
      });
      await pipeline(request, parser);
      await bodyChecked(request);
      return files.join('\n');
    });
    await using server = await serve(api.listener);
    const file = randomBytes(300_000);
    const body = Buffer.concat([
      Buffer.from('--b0\r\nContent-Disposition: form-data; name="scan"; filename="a"\r\n\r\n'),
      file,
      Buffer.from('\r\n--b0--\r\n'),
    ]);
    const type = ['Content-Type', 'multipart/form-data; boundary=b0'] as const;
    const sign = () => api.site.sign({ method: 'POST', target: path, body, headers: [type] });
    expect(await send(server.port, sign())).toMatchObject({ status: 200, body: `scan ${hex(file)}` });
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(1000) ^ 1, 1000);
    const answer = await send(server.port, { ...sign(), body: changed });
    expectProblem(answer, 401, 'digest_mismatch');
    expect(api.ended.length).toBe(1);
  });

  it('has its receipt once it is checked, and what the head proved before', async () => {
    const seen: unknown[] = [];
    const api = makeApi(name, async (request, { admission }) => {
      const head = admission();
      seen.push(head.kind, 'receipt' in head, (head as { keyid?: string }).keyid);
      const checked = bodyChecked(request);
      await readers['in a loop']?.(request);
      const final = await checked;
      seen.push(final.kind === 'app' && final.receipt.keyid, admission() === final);
      return 'stored';
    });
    await using server = await serve(api.listener);
    const body = randomBytes(200_000);
    const request = api.site.sign({ method: 'POST', target: path, body });
    const { socket, answer } = await open(server.port);
    socket.write(headOf(request));
    await expect.poll(() => seen.length).toBe(3);
    socket.write(body);
    expect(parseAnswers(await answer)[0]).toMatchObject({ status: 200, body: 'stored' });
    const { thumbprint } = api.site.key;
    expect(seen).toEqual(['app', false, thumbprint, thumbprint, true]);
  });

  it('that breaks off is an error to whoever reads it, and to whoever waits for the check', async () => {
    const told: string[] = [];
    const api = makeApi(name, async (request) => {
      const checked = bodyChecked(request).catch((error: unknown) => {
        told.push(error instanceof Refused ? error.code : String(error));
      });
      try {
        for await (const chunk of request) void chunk;
      } finally {
        await checked;
      }
      return 'read';
    });
    await using server = await serve(api.listener);
    const request = api.site.sign({ method: 'POST', target: path, body: randomBytes(100_000) });
    const { socket } = await open(server.port);
    socket.write(headOf(request));
    socket.write(Buffer.alloc(50_000));
    await expect.poll(() => api.begun.length).toBe(1);
    socket.destroy();
    await expect.poll(() => told).toEqual(['body_incomplete']);
    await expect.poll(() => api.failed.length).toBe(1);
    expect(api.ended).toEqual([]);
    // And its nonce is used up: the handler has begun once.
    const again = await send(server.port, { ...request, body: Buffer.alloc(100_000) });
    expectProblem(again, 401, 'replayed');
  });

  it.each([
    ['who was removed meanwhile is refused', 'app_not_approved', () => []],
    [
      'so is who has lost what its route demands',
      'capability_missing',
      (key: SigningKey) => [{ key, custom: { capabilities: [] } }],
    ],
  ] as const)('is judged again at its end: %s', async (_, code, appsThen) => {
    const api = makeApi(name, (request) => readers['in a loop']?.(request) ?? '');
    await using server = await serve(api.listener);
    const body = randomBytes(100_000);
    const { socket, answer } = await open(server.port);
    socket.write(headOf(api.site.sign({ method: 'POST', target: path, body })));
    socket.write(body.subarray(0, -1));
    await expect.poll(() => api.begun.length).toBe(1);
    api.site.state.apps = appsThen(api.site.key);
    socket.write(body.subarray(-1));
    expectProblem(parseAnswers(await answer)[0], 403, code);
    expect(api.ended).toEqual([]);
  });

  it('that nobody reads leaves the connection usable after an early answer', async () => {
    const api = makeApi(name, () => 'no, thanks');
    await using server = await serve(api.listener);
    const sign = () => api.site.sign({ method: 'POST', target: path, body: Buffer.alloc(30_000, 'x') });
    const [first, last] = [sign(), sign()];
    const open = headOf(first).replace('Connection: close\r\n', '');
    const { body = '' } = first;
    const raw = await exchange(server.port, open, body, headOf(last), body);
    expect(parseAnswers(raw).map(({ status, body: text }) => `${String(status)} ${text}`)).toEqual([
      '200 no, thanks',
      '200 no, thanks',
    ]);
  });

  it('is held back where its handler cannot keep up: the sender waits, and the server holds no more than its buffers', async () => {
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (release = resolve));
    let taken = 0;
    const api = makeApi(name, async (request) => {
      await waiting;
      taken = request.socket.bytesRead;
      return readers['in a loop']?.(request) ?? '';
    });
    await using server = await serve(api.listener);
    const body = randomBytes(20_000_000);
    const { socket, answer } = await open(server.port);
    socket.write(headOf(api.site.sign({ method: 'POST', target: path, body })));
    socket.write(body);
    await expect.poll(() => api.begun.length).toBe(1);
    // Time enough to take all of it, were it taken.
    await new Promise((resolve) => setTimeout(resolve, 300));
    release();
    expect(parseAnswers(await answer)[0]).toMatchObject({ status: 200, body: hex(body) });
    expect(taken).toBeLessThan(1_000_000);
  });

  it('is refused for what its route demands before any of it is read', async () => {
    const key = makeKey();
    const api = makeApi(name, () => 'read');
    api.site.state.apps = [{ key, custom: { capabilities: [] } }];
    await using server = await serve(api.listener);
    const body = randomBytes(1000);
    const answer = await send(server.port, api.site.sign({ key, method: 'POST', target: path, body }));
    expectProblem(answer, 403, 'capability_missing');
    expect(api.begun).toEqual([]);
  });

  it('goes to its handler whole where a grant alone admits, as it was, and says so', async () => {
    const seen: unknown[] = [];
    const api = makeApi(name, async (request, { admission }) => {
      seen.push(admission().kind);
      return readers['in a loop']?.(request) ?? '';
    });
    api.site.state.monitor = grantOf('monitor');
    await using server = await serve(api.listener);
    const body = randomBytes(5000);
    const headers = [['Content-Length', '5000']] as const;
    const unsigned = await send(server.port, { method: 'POST', target: path, headers, body });
    expect(unsigned).toMatchObject({ status: 200, body: hex(body) });
    // Signed for another body: the head is the app's, and the end comes by the grant.
    const request = api.site.sign({ method: 'POST', target: path, body: randomBytes(5000) });
    expect(await send(server.port, { ...request, body })).toMatchObject({ status: 200, body: hex(body) });
    expect(seen[0]).toBe('monitored');
  });

  it('of another path is read whole, and no longer than the limit', async () => {
    const site = makeSite();
    const read = (request: IncomingMessage) => readers['in a loop']?.(request) ?? '';
    const routes = { '/uploads': read, '/uploadsa': read };
    const listener = make(name, {
      verifier: site.checker,
      options: { ...options, maxBodyBytes: 10 },
      routes,
    });
    await using server = await serve(listener);
    for (const target of Object.keys(routes)) {
      const answer = await send(server.port, site.sign({ method: 'POST', target, body: 'x'.repeat(11) }));
      expectProblem(answer, 413, 'too_large');
    }
  });
});

describe('A streamed body', () => {
  it('that is answered while it comes leaves a torn answer where it is another', async () => {
    const site = makeSite();
    const listener = protect(site.checker, options, (request, response) => {
      request.on('error', () => undefined).pipe(response);
    });
    await using server = await serve((request, response) => void listener(request, response));
    const body = randomBytes(300_000);
    const request = site.sign({ method: 'POST', target: path, body });
    const whole = await exchange(server.port, headOf(request), body);
    expect(whole.endsWith('\r\n0\r\n\r\n')).toBe(true);
    const other = site.sign({ method: 'POST', target: path, body });
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(299_999) ^ 1, 299_999);
    const { socket, answer } = await open(server.port);
    socket.write(headOf(other));
    socket.write(changed.subarray(0, -1));
    await once(socket, 'data');
    socket.write(changed.subarray(-1));
    const torn = await answer;
    expect(torn).toMatch(/^HTTP\/1\.1 200 /);
    expect(torn.endsWith('\r\n0\r\n\r\n')).toBe(false);
  });

  it('of 1 GB takes no memory', async () => {
    let most = 0;
    const api = makeApi('node', async (request) => {
      let length = 0;
      let looked = 0;
      for await (const chunk of request) {
        length += (chunk as Buffer).length;
        if (length < looked + 64 * 1024 * 1024) continue;
        looked = length;
        most = Math.max(most, bytesInUse());
      }
      return String(length);
    });
    await using server = await serve(api.listener);
    const megabyte = randomBytes(1024 * 1024);
    const hash = createHash('sha256');
    for (let i = 0; i < 1024; i += 1) hash.update(megabyte);
    const headers = [
      ['Content-Length', String(1024 * megabyte.length)],
      ['Content-Digest', `sha-256=:${hash.digest('base64')}:`],
    ] as const;
    const { socket, answer } = await open(server.port);
    const before = bytesInUse();
    // A body, so that it is covered as one; its digest is the other's.
    socket.write(headOf(api.site.sign({ method: 'POST', target: path, headers, body: 'x' })));
    await pipeline(
      Readable.from(
        (function* () {
          for (let i = 0; i < 1024; i += 1) yield megabyte;
        })(),
      ),
      socket,
      { end: false },
    );
    expect(parseAnswers(await answer)[0]).toMatchObject({ status: 200, body: String(1024 ** 3) });
    expect(most).toBeGreaterThan(0);
    expect(most - before).toBeLessThan(16 * 1024 * 1024);
  }, 120_000);

  it('whose end came past the hash, as by some other Node, ends in an error', async () => {
    const api = makeApi('node', async (request) => {
      const reading = readers['by events']?.(request) ?? '';
      Readable.prototype.push.call(request, null);
      return reading;
    });
    await using server = await serve(api.listener);
    const { socket, answer } = await open(server.port);
    socket.write(headOf(api.site.sign({ method: 'POST', target: path, body: randomBytes(100) })));
    await expect.poll(() => api.failed).toMatchObject([{ code: 'body_incomplete' }]);
    expectProblem(parseAnswers(await answer)[0], 400, 'body_incomplete');
    expect(api.ended).toEqual([]);
  });

  it('that somebody reads already is refused', async () => {
    for (const before of [
      (request: IncomingMessage) => request.resume(),
      (request: IncomingMessage) => request.setEncoding('utf8'),
      (request: IncomingMessage) => request.on('data', () => undefined),
    ]) {
      const api = makeApi('node', () => 'read');
      await using server = await serve((request, response) => {
        before(request);
        api.listener(request, response);
      });
      const answer = await send(server.port, api.site.sign({ method: 'POST', target: path, body: 'hello' }));
      expectProblem(answer, 500, 'not_protected');
      expect(api.begun).toEqual([]);
    }
  });

  it.each([['/uploads/**'], ['*'], ['uploads'], ['/a*'], ['/a/*/b'], ['']])(
    'is on a path: %s is none',
    (pattern) => {
      expect(() => makeWith({ streaming: [pattern] })).toThrow(TypeError);
    },
  );

  it('has a list of paths: a text is none', () => {
    expect(() => makeWith({ streaming: '/uploads' as unknown as string[] })).toThrow(TypeError);
    expect(() => makeWith({ streaming: [5] as unknown as string[] })).toThrow(TypeError);
  });
});

function makeWith(given: ProtectOptions) {
  return make('node', { verifier: makeSite().checker, options: given, routes: {} });
}
