import { describe, expect, it } from 'vitest';
import Koa from 'koa';
import express from 'express';
import Fastify from 'fastify';
import * as ofExpress from '../../src/adapters/express.ts';
import * as ofFastify from '../../src/adapters/fastify.ts';
import * as ofFetch from '../../src/adapters/fetch.ts';
import * as ofKoa from '../../src/adapters/koa.ts';
import * as ofNode from '../../src/adapters/node.ts';
import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { grantOf, makeSite } from '../http/site.ts';
import { makeKey } from '../http/sign.ts';
import { send } from '../http/socket.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// A session belongs to the app that has begun it.

type Checker = ReturnType<typeof makeSite>['checker'];
/** A server that gives what it would keep with a session, and refuses by what `kept` says; `isProtected` says whether it is behind the check. */
type Made = (checker: Checker, kept: () => unknown, isProtected: boolean) => RequestListener;

const servers: Readonly<Record<string, Made>> = {
  koa(checker, kept, isProtected) {
    const app = new Koa();
    app.silent = true;
    if (isProtected) app.use(ofKoa.protect(checker));
    app.use(ofKoa.requireSameApp(async () => Promise.resolve(kept())));
    app.use((context) => void (context.body = ofKoa.appOfSession(context)));
    const handle = app.callback();
    return (request, response) => void handle(request, response);
  },
  express(checker, kept, isProtected) {
    const app = express();
    if (isProtected) app.use(ofExpress.protect(checker));
    app.use(ofExpress.requireSameApp(async () => Promise.resolve(kept())));
    app.use((request, response) => void response.send(ofExpress.appOfSession(request)));
    return (request, response) => void app(request, response);
  },
  fastify(checker, kept, isProtected) {
    const app = Fastify();
    if (isProtected) void app.register(ofFastify.protect(checker));
    const onRequest = ofFastify.requireSameApp(async () => Promise.resolve(kept()));
    app.all('/*', { onRequest }, async (request) => ofFastify.appOfSession(request));
    return (request, response) => void app.ready().then(() => app.routing(request, response));
  },
  fetch(checker, kept, isProtected) {
    const same = ofFetch.requireSameApp(async () => Promise.resolve(kept()));
    const handler = same((request: Request) => new Response(ofFetch.appOfSession(request)));
    const listener = getRequestListener(isProtected ? ofFetch.protect(checker)(handler) : handler);
    return (request, response) => void listener(request, response);
  },
  node(checker, kept, isProtected) {
    const listener = ofNode.requireSameApp(
      async () => Promise.resolve(kept()),
      (request, response) => response.end(ofNode.appOfSession(request)),
    );
    const whole = isProtected ? ofNode.protect(checker, {}, listener) : listener;
    return (request, response) => void whole(request, response);
  },
};

it('a session belongs to the app that has begun it, also where a grant lets the app do what it may not', async () => {
  const [first, second] = [makeKey(), makeKey()];
  const site = makeSite({ apps: [{ key: first }, { key: second }] });
  site.state.monitor = grantOf('monitor');
  let kept: unknown = null;
  const same = ofNode.requireSameApp(
    () => Promise.resolve(kept),
    (request, response) => response.end(ofNode.appOfSession(request)),
  );
  const beyond = ofNode.requireCapability('nobody:has-this', same);
  const route: RequestListener = (request, response) =>
    request.url === '/beyond' ? beyond(request, response) : same(request, response);
  await using server = await serve(ofNode.protect(site.checker, {}, route));
  for (const [begins, goesOn] of [
    ['/', '/beyond'],
    ['/beyond', '/'],
    ['/beyond', '/beyond'],
  ] as const) {
    kept = null;
    const begun = await send(server.port, site.sign({ key: first, target: begins }));
    expect(begun).toMatchObject({ status: 200, body: `p-${'b'.repeat(26)}/viewer/${first.thumbprint}` });
    kept = begun.body;
    expect((await send(server.port, site.sign({ key: first, target: goesOn }))).status).toBe(200);
    const other = await send(server.port, site.sign({ key: second, target: goesOn }));
    expectProblem(other, 403, 'session_other_app');
    const unsigned = await send(server.port, { method: 'GET', target: goesOn, headers: [] });
    expectProblem(unsigned, 403, 'session_other_app');
  }
});

describe.each(Object.entries(servers))('Somebody behind %s', (_name, make) => {
  it('uses a stolen session of a user with another app', async () => {
    const [first, second] = [makeKey(), makeKey()];
    const site = makeSite({ apps: [{ key: first }, { key: second }] });
    let kept: unknown = null;
    await using server = await serve(make(site.checker, () => kept, true));
    const sign = (key = first) => site.sign({ key });
    const begun = await send(server.port, sign());
    expect(begun).toMatchObject({ status: 200, body: `p-${'b'.repeat(26)}/viewer/${first.thumbprint}` });
    kept = begun.body;
    expect((await send(server.port, sign())).status).toBe(200);
    expectProblem(await send(server.port, sign(second)), 403, 'session_other_app');
  });
});

describe.each(Object.entries(servers))('a session behind %s', (_name, make) => {
  it.each([[undefined], [''], [0], [false], [{}], ['viewer'], [['a']]])(
    'of which %j was kept belongs to nobody',
    async (kept) => {
      const site = makeSite();
      await using server = await serve(make(site.checker, () => kept, true));
      expectProblem(await send(server.port, site.sign()), 403, 'session_other_app');
    },
  );

  it('that begins under a grant serves no app, and an app’s serves nobody under a grant', async () => {
    const site = makeSite();
    site.state.monitor = grantOf('monitor');
    let kept: unknown = null;
    await using server = await serve(make(site.checker, () => kept, true));
    const unsigned = { method: 'GET', target: '/', headers: [] };
    const granted = await send(server.port, unsigned);
    const app = await send(server.port, site.sign());
    expect([granted.status, app.status]).toEqual([200, 200]);
    kept = granted.body;
    expect((await send(server.port, unsigned)).status).toBe(200);
    expectProblem(await send(server.port, site.sign()), 403, 'session_other_app');
    kept = app.body;
    expectProblem(await send(server.port, unsigned), 403, 'session_other_app');
  });

  it('is refused where no check stands before it, session or not', async () => {
    const site = makeSite();
    for (const kept of [null, 'a']) {
      await using server = await serve(make(site.checker, () => kept, false));
      expectProblem(await send(server.port, site.sign()), 500, 'not_protected');
    }
  });
});
