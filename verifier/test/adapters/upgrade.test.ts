import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { admissionOf, protect, protectUpgrade } from '../../src/adapters/node.ts';
import { makeSite } from '../http/site.ts';
import { alsoWithHeader } from '../http/sign.ts';
import { headOf, parseAnswers } from '../http/socket.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { expectProblem } from './problem.ts';

// What leaves HTTP (a WebSocket) never reaches a server's request listener, and neither does what asks before it sends its body.

async function serveUpgrades() {
  const site = makeSite();
  const reached: string[] = [];
  const server = createServer(protect(site.checker, {}, (_request, response) => response.end('request')));
  server.on(
    'upgrade',
    protectUpgrade(site.checker, (request, socket) => {
      const { kind } = admissionOf(request);
      reached.push(kind);
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
      socket.pipe(socket);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    site,
    reached,
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const upgrading = (request: RequestToCheck): string =>
  headOf(request).replace('Connection: close', 'Connection: Upgrade\r\nUpgrade: echo');

/** Sends, and ends its half once an answer comes: a server drops the requests of those who end it before. */
async function talk(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.once('readable', () => socket.end());
  for (const piece of pieces) socket.write(piece);
  return text(socket);
}

describe('An upgrade', () => {
  it('by an approved app is passed on, with what was sent at once', async () => {
    await using served = await serveUpgrades();
    const { port, site } = served;
    const socket = connect(port, '127.0.0.1');
    socket.write(`${upgrading(site.sign({ target: '/socket' }))}hello`);
    let raw = '';
    socket.on('data', (chunk: Buffer) => (raw += chunk.toString()));
    await expect.poll(() => served.reached).toEqual(['app']);
    socket.write(', again');
    await expect.poll(() => raw).toMatch(/^HTTP\/1\.1 101 [^]*again$/);
    socket.destroy();
  });

  it('that is refused leaves no connection behind, though the client never ends its half', async () => {
    await using served = await serveUpgrades();
    const { port, server } = served;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.write(upgrading({ method: 'GET', target: '/socket', headers: [] }));
    const raw = await text(socket);
    expectProblem(parseAnswers(raw)[0], 401, 'proof_missing');
    // Resolves when the server has no connection any more, and this one is not among those that it could close itself.
    await new Promise((resolve) => server.close(resolve));
    socket.destroy();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it('with a body is refused: nobody could say where it ends', async () => {
    await using served = await serveUpgrades();
    const { port, site, reached } = served;
    const request = site.sign({ method: 'POST', target: '/socket', body: 'hello' });
    expectProblem(parseAnswers(await talk(port, upgrading(request), 'hello'))[0], 400, 'framing_ambiguous');
    const chunked = alsoWithHeader(site.sign(), 'Transfer-Encoding', 'chunked');
    expectProblem(
      parseAnswers(await talk(port, upgrading(chunked), '0\r\n\r\n'))[0],
      400,
      'framing_ambiguous',
    );
    expect(reached).toEqual([]);
  });

  it('whose connection breaks while it is judged ends nothing else', async () => {
    await using served = await serveUpgrades();
    const { port, site } = served;
    for (let i = 0; i < 20; i += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(upgrading(site.sign({ target: '/socket' })), () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    expect(await talk(port, headOf(site.sign()))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('that the server has no listener for is a request like any other', async () => {
    const site = makeSite();
    const reached: string[] = [];
    const server = createServer(
      protect(site.checker, {}, (request, response) => {
        reached.push(request.url ?? '');
        response.end('request');
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const unsigned = { method: 'GET', target: '/socket', headers: [] };
    expectProblem(parseAnswers(await talk(port, upgrading(unsigned)))[0], 401, 'proof_missing');
    expect(reached).toEqual([]);
    server.closeAllConnections();
    server.close();
  });

  it('has a listener: what is none stops the start', () => {
    const { checker } = makeSite();
    for (const none of [undefined, null, {}, 'listener'])
      expect(() => protectUpgrade(checker, none as never)).toThrow(TypeError);
  });
});

// It is refused like any request, and the connection ends.
describe('Somebody', () => {
  it('opens a WebSocket as no approved app does', async () => {
    await using served = await serveUpgrades();
    const { port, site, reached } = served;
    const unsigned = { method: 'GET', target: '/socket', headers: [] };
    const [answer] = parseAnswers(await talk(port, upgrading(unsigned)));
    expectProblem(answer, 401, 'proof_missing');
    expect(answer?.headers.get('connection')).toBe('close');
    const used = site.sign({ target: '/socket' });
    await talk(port, upgrading(used));
    await expect.poll(() => reached.length).toBe(1);
    expectProblem(parseAnswers(await talk(port, upgrading(used)))[0], 401, 'replayed');
    const other = { ...site.sign({ target: '/socket' }), target: '/other' };
    expectProblem(parseAnswers(await talk(port, upgrading(other)))[0], 401, 'signature_invalid');
    expect(reached.length).toBe(1);
  });
});

describe('A request that asks before it sends its body', () => {
  it('is refused by its head before any of the body is sent', async () => {
    const site = makeSite();
    const reached: string[] = [];
    const server = createServer();
    const listener = protect(site.checker, {}, async (request, response) => {
      reached.push(await text(request));
      response.end('served');
    });
    server.on('request', (request, response) => void listener(request, response));
    server.on('checkContinue', (request, response) => void listener(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const asking = (request: RequestToCheck) => headOf(alsoWithHeader(request, 'Expect', '100-continue'));

    const unsigned = { method: 'POST', target: '/orders', headers: [['Content-Length', '5']] } as const;
    const refused = await talk(port, asking(unsigned));
    expectProblem(parseAnswers(refused)[0], 401, 'proof_missing');

    const socket = connect(port, '127.0.0.1');
    let raw = '';
    socket.on('data', (chunk: Buffer) => (raw += chunk.toString()));
    socket.write(asking(site.sign({ method: 'POST', body: 'hello' })));
    await expect.poll(() => raw).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    await once(socket, 'close');
    expect(raw).toMatch(/\r\n\r\nHTTP\/1\.1 200 [^]*served$/);
    expect(reached).toEqual(['hello']);
    server.closeAllConnections();
    server.close();
  });

  it('is answered by Node itself where the server has no listener for that', async () => {
    const site = makeSite();
    const server = createServer(protect(site.checker, {}, (_request, response) => response.end('served')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const request = site.sign({ method: 'POST', body: 'hello' });
    const raw = await talk(port, headOf(alsoWithHeader(request, 'Expect', '100-continue')), 'hello');
    expect(raw).not.toContain('proof_');
    server.closeAllConnections();
    server.close();
  });
});
