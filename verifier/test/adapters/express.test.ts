import { gzipSync } from 'node:zlib';
import busboy from 'busboy';
import express from 'express';
import { describe, expect, it } from 'vitest';
import { admissionOf, protect, requireCapability, type ProtectOptions } from '../../src/adapters/express.ts';
import { makeSite } from '../http/site.ts';
import { send } from '../http/socket.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// Express with the parsers and handlers that servers have.

function makeApi(build: (app: ReturnType<typeof express>) => void, options: ProtectOptions = {}) {
  const site = makeSite();
  const app = express();
  app.set('env', 'test');
  app.use((_request, response, next) => {
    response.vary('Accept-Encoding');
    next();
  });
  app.use(protect(site.checker, options));
  build(app);
  return { site, listener: app };
}

describe('Express behind protect()', () => {
  it('parses JSON, also compressed, once its bytes were checked as they were sent', async () => {
    const { site, listener } = makeApi((app) =>
      app.post('/orders', requireCapability('orders:read'), express.json(), (request, response) => {
        response.json({ got: request.body as unknown, by: admissionOf(request).kind });
      }),
    );
    await using server = await serve(listener);
    const body = Buffer.from('{"n":1}');
    const type = ['Content-Type', 'application/json'] as const;
    const gzip = ['Content-Encoding', 'gzip'] as const;
    const to = { method: 'POST', target: '/orders' };
    for (const request of [
      site.sign({ ...to, headers: [type], body }),
      site.sign({ ...to, headers: [type, gzip], body: gzipSync(body) }),
    ])
      expect(await send(server.port, request)).toMatchObject({
        status: 200,
        body: '{"got":{"n":1},"by":"app"}',
      });
    const other = {
      ...site.sign({ ...to, headers: [type, gzip], body: gzipSync(body) }),
      body: gzipSync('{"n":2}'),
    };
    expectProblem(await send(server.port, other), 401, 'digest_mismatch');
  });

  it('parses forms and parts, read whole', async () => {
    const { site, listener } = makeApi((app) => {
      app.post('/form', express.urlencoded(), (request, response) => void response.json(request.body));
      app.post('/parts', (request, response) => {
        const fields: Record<string, string> = {};
        request.pipe(
          busboy({ headers: request.headers })
            .on('field', (name, value) => (fields[name] = value))
            .on('close', () => response.json(fields)),
        );
      });
    });
    await using server = await serve(listener);
    const post = (target: string, type: string, body: string) =>
      send(server.port, site.sign({ method: 'POST', target, headers: [['Content-Type', type]], body }));
    expect(await post('/form', 'application/x-www-form-urlencoded', 'a=1&b=2')).toMatchObject({
      body: '{"a":"1","b":"2"}',
    });
    const parts = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';
    expect(await post('/parts', 'multipart/form-data; boundary=x', parts)).toMatchObject({
      body: '{"a":"1"}',
    });
  });

  it('gives what a parser of its own refuses to its own error handler, also of a streamed body', async () => {
    const failed: unknown[] = [];
    const { site, listener } = makeApi(
      (app) => {
        app.post('/orders', express.json(), (_request, response) => void response.send('parsed'));
        app.use(((error, _request, response, next) => {
          failed.push(error);
          if (response.headersSent) next(error);
          else response.status(400).send('mine');
        }) satisfies express.ErrorRequestHandler);
      },
      { streaming: ['/orders'] },
    );
    await using server = await serve(listener);
    const headers = [['Content-Type', 'application/json']] as const;
    const to = { method: 'POST', target: '/orders', headers };
    expect(await send(server.port, site.sign({ ...to, body: '{' }))).toMatchObject({
      status: 400,
      body: 'mine',
    });
    const long = Buffer.from(JSON.stringify({ text: 'a'.repeat(90_000) }));
    const changed = Buffer.from(long);
    changed.writeUInt8(0x62, 50_000);
    const answer = await send(server.port, { ...site.sign({ ...to, body: long }), body: changed });
    expectProblem(answer, 401, 'digest_mismatch');
    expect(await send(server.port, site.sign({ ...to, body: long }))).toMatchObject({
      status: 200,
      body: 'parsed',
    });
  });

  it('keeps what others have put into Vary', async () => {
    const { site, listener } = makeApi((app) => app.use((_request, response) => void response.send('ok')), {
      browserOrigins: ['https://viewer.test'],
    });
    await using server = await serve(listener);
    const answer = await send(server.port, site.sign());
    expect(answer.headers.get('vary')).toBe('Accept-Encoding, Origin');
  });

  it('answers what a handler rejects with as Express does, and goes on', async () => {
    const { site, listener } = makeApi((app) => {
      app.get('/orders', requireCapability('orders:read'), async () => {
        await Promise.resolve();
        throw new Error('database');
      });
    });
    await using server = await serve(listener);
    for (let i = 0; i < 2; i += 1) expect((await send(server.port, site.sign())).status).toBe(500);
  });
});
