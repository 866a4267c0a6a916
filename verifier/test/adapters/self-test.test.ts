import { createServer } from 'node:http';
import Router from '@koa/router';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import * as forExpress from '../../src/adapters/express.ts';
import * as forFastify from '../../src/adapters/fastify.ts';
import * as forFetch from '../../src/adapters/fetch.ts';
import * as forKoa from '../../src/adapters/koa.ts';
import * as forNode from '../../src/adapters/node.ts';
import {
  assertProtected,
  NotProtected,
  reportRoutes,
  routesNotProtected,
  warnNotProtected,
} from '../../src/self-test.ts';

// A self-test looks: no handler of these may run, and no verifier may be asked.

const verifier = { checkHeadAsync: () => Promise.reject(new Error('asked')) };
const exempt = { exempt: ['/healthz'] };
const never = (): never => {
  throw new Error('ran');
};

/** Every place as one line: its state, its name, its capabilities. */
function lines(app: unknown): string[] {
  return reportRoutes(app).places.map(({ name, state, capabilities }) =>
    [state, name, ...capabilities].join(' '),
  );
}

describe('a Koa app', () => {
  const guarded = () => new Koa().use(forKoa.protect(verifier, exempt));

  it('is walked through its routers, those inside of them too', () => {
    const inner = new Router();
    inner.get('/:id', never);
    const router = new Router({ prefix: '/orders' });
    router.get('/', forKoa.requireCapability('orders:read'), never);
    router.all('/all', never);
    router.use('/of', inner.routes());
    const health = new Router();
    health.get('/healthz', never);
    const app = guarded().use(router.routes()).use(health.routes()).use(never);
    expect(lines(app)).toEqual([
      'protected GET /orders orders:read',
      'protected ALL /orders/all',
      'protected GET /orders/of/:id',
      'exempt GET /healthz',
      'protected middleware 4 (never)',
    ]);
    expect(routesNotProtected(app)).toEqual([]);
  });

  it('names the routes that were added before protect()', () => {
    const early = new Router();
    early.get('/early', never).post('/early', never);
    const app = new Koa().use(early.routes()).use(forKoa.protect(verifier));
    expect(routesNotProtected(app)).toEqual(['GET /early', 'POST /early']);
    expect(routesNotProtected(new Koa().use(early.routes()))).toEqual(['GET /early', 'POST /early']);
  });

  it('says which functions before protect() it cannot see into, and that there is no protect() at all', () => {
    const app = new Koa();
    app.use(async function serveFiles() {});
    app.use(async () => {});
    app.use(forKoa.protect(verifier));
    expect(lines(app)).toEqual(['cannotSee middleware 1 (serveFiles)', 'cannotSee middleware 2']);
    expect(lines(new Koa().use(never))).toEqual([
      'cannotSee middleware 1 (never)',
      'notProtected the whole app',
    ]);
    expect(lines(new Koa())).toEqual(['notProtected the whole app']);
  });

  it('knows protect() in a route and in a router without a path, and that other spellings pass it by elsewhere', () => {
    const route = new Router();
    route.get('/mine', forKoa.protect(verifier), never).get('/open', never);
    expect(routesNotProtected(new Koa().use(route.routes()))).toEqual(['GET /open']);
    const whole = new Router();
    whole.get('/before', never);
    whole.use(forKoa.protect(verifier));
    whole.get('/after', never);
    expect(routesNotProtected(new Koa().use(whole.routes()))).toEqual(['GET /before']);
    for (const router of [new Router({ prefix: '/api' }), new Router()]) {
      const path = router.opts.prefix === undefined ? '/api' : '';
      if (path === '') router.use(forKoa.protect(verifier));
      else router.use(path, forKoa.protect(verifier));
      router.get(`${path}/orders`, never);
      const [place] = reportRoutes(new Koa().use(router.routes())).places;
      expect(place).toMatchObject({ name: 'GET /api/orders', state: 'notProtected' });
      expect(place?.why).toContain('other spellings');
    }
  });

  it('counts a capability that stands in router.use() only where no path lets other spellings pass', () => {
    const serve = (router: Router) => {
      router.use(forKoa.requireCapability('orders:read'));
      return guarded().use(router.get('/orders', never).routes());
    };
    expect(lines(serve(new Router()))[0]).toBe('protected GET /orders orders:read');
    expect(lines(serve(new Router({ prefix: '/api' })))[0]).toBe('cannotSee GET /api/orders');
  });
});

describe('an exempt path', () => {
  it('that no route has as its own is told, because whatever answers there is open', () => {
    const router = new Router().get('/:page', never);
    const koa = new Koa().use(forKoa.protect(verifier, exempt)).use(router.routes());
    expect(lines(koa)).toEqual(['protected GET /:page', 'exempt ALL /healthz']);
    const app = express().use(forExpress.protect(verifier, exempt)).get('/:page', never);
    expect(lines(app)).toEqual(['protected GET /:page', 'exempt ALL /healthz']);
    const hono = new Hono().use(forFetch.forHono(forFetch.protect(verifier, exempt))).get('/:page', never);
    expect(lines(hono)).toEqual(['protected GET /:page', 'exempt ALL /healthz']);
  });
});

describe('an Express app', () => {
  const guarded = () => express().use(forExpress.protect(verifier, exempt));

  it('is walked through its routers, those inside of them too', () => {
    const inner = express.Router();
    inner.get('/:id', never);
    const router = express.Router();
    router.get('/', forExpress.requireCapability('orders:read') as never, never);
    router.use('/of', inner);
    const app = guarded();
    app.use(express.json());
    app.use('/orders', router);
    app.get('/healthz', never);
    app.route('/more').get(never).post(never);
    app.all('/all', never);
    app.use('/sub', express().get('/x', never));
    app.use((_error: unknown, _request: unknown, _response: unknown, _next: unknown) => never());
    expect(lines(app)).toEqual([
      'protected middleware 2 (jsonParser)',
      'protected GET /orders orders:read',
      'protected GET /orders/of/:id',
      'exempt GET /healthz',
      'protected GET /more',
      'protected POST /more',
      'protected ALL /all',
      'protected middleware at /sub 7 (mounted_app)',
    ]);
    expect(routesNotProtected(app)).toEqual([]);
  });

  it('names the routes that were added before protect(), and what cannot be seen', () => {
    const router = express.Router();
    router.get('/list', never);
    const app = express();
    app.get('/early', never);
    app.use('/orders', router);
    app.use('/sub', express());
    app.use(function serveFiles() {});
    app.use(forExpress.protect(verifier));
    app.get('/late', never);
    expect(lines(app)).toEqual([
      'notProtected GET /early',
      'notProtected GET /orders/list',
      'cannotSee middleware at /sub 3 (mounted_app)',
      'cannotSee middleware 4 (serveFiles)',
      'protected GET /late',
    ]);
    expect(lines(express())).toEqual(['notProtected the whole app']);
  });

  it('does not take for protected what runs before protect() in its own route', () => {
    const protect = forExpress.protect(verifier) as never;
    const app = express();
    app.use(express.Router());
    app.get('/first', never, protect);
    app.get('/second', forExpress.requireCapability('orders:read') as never, protect, never);
    app.get('/:id', protect, never);
    expect(lines(app)).toEqual([
      'notProtected GET /first',
      'protected GET /second orders:read',
      'protected GET /:id',
    ]);
    app.param('id', never);
    expect(lines(app)[2]).toBe('cannotSee GET /:id');
    expect(lines(express().use(express.Router(), forExpress.protect(verifier)))).toEqual([]);
    const router = new Router();
    router.get('/:id', forKoa.protect(verifier), never).get('/last', never, forKoa.protect(verifier));
    expect(lines(new Koa().use(router.routes()))).toEqual(['protected GET /:id', 'notProtected GET /last']);
    router.param('id', never);
    expect(lines(new Koa().use(router.routes()))[0]).toBe('notProtected GET /:id');
  });

  it('knows protect() in a route and in a mounted router, and does not guess what one at a path stands before', () => {
    const api = express.Router();
    api.get('/before', never);
    api.use(forExpress.protect(verifier));
    api.get('/after', never);
    const app = express();
    app.get('/mine', forExpress.protect(verifier) as never, never);
    app.use('/api', api);
    expect(lines(app)).toEqual([
      'protected GET /mine',
      'notProtected GET /api/before',
      'protected GET /api/after',
    ]);
    const partly = express();
    partly.use('/api', forExpress.protect(verifier));
    partly.get('/api/orders', never);
    expect(lines(partly)).toEqual(['cannotSee GET /api/orders', 'notProtected the whole app']);
  });
});

describe('a Fastify app', () => {
  const build = (guarded: boolean) => {
    const app = Fastify();
    if (guarded) void app.register(forFastify.protect(verifier, exempt));
    app.get('/orders', { onRequest: forFastify.requireCapability('orders:read') }, never);
    app.get('/orders/:id', never);
    app.get('/healthz', never);
    void app.register(async (inner) => inner.get('/*', never).post('/a', never), { prefix: '/files' });
    return app;
  };

  it('is protected as a whole, or its routes are named', async () => {
    const app = build(true);
    await app.ready();
    expect(routesNotProtected(app)).toEqual([]);
    expect(lines(app).sort()).toEqual([
      'exempt GET /healthz',
      'exempt HEAD /healthz',
      'protected GET /files/*',
      'protected GET /orders orders:read',
      'protected GET /orders/:id',
      'protected HEAD /files/*',
      'protected HEAD /orders orders:read',
      'protected HEAD /orders/:id',
      'protected POST /files/a',
    ]);
    await app.close();
    const open = build(false);
    await open.ready();
    expect([...routesNotProtected(open)].sort()).toEqual([
      'GET /files/*',
      'GET /healthz',
      'GET /orders',
      'GET /orders/:id',
      'HEAD /files/*',
      'HEAD /healthz',
      'HEAD /orders',
      'HEAD /orders/:id',
      'POST /files/a',
    ]);
    await open.close();
  });

  it('cannot be seen before it is ready, nor where something else answers', async () => {
    const app = build(true);
    expect(lines(app)).toEqual(['cannotSee the whole app']);
    app.server.on('upgrade', function chat() {});
    await app.ready();
    expect(routesNotProtected(app)).toEqual(['listener of upgrade 1 (chat)']);
    await app.close();
    const framework = Fastify({ frameworkErrors: never });
    void framework.register(forFastify.protect(verifier));
    await framework.ready();
    expect(routesNotProtected(framework)).toEqual(['frameworkErrors']);
    await framework.close();
  });

  it('is not taken in by a hook of the same name', async () => {
    const app = Fastify();
    app.addHook('onRequest', async function appwarrantProtect() {});
    app.get('/orders', never);
    await app.ready();
    expect(lines(app)).toEqual(['cannotSee GET /orders', 'cannotSee HEAD /orders']);
    await app.close();
  });
});

describe('what speaks Fetch', () => {
  const protect = forFetch.protect(verifier, exempt);

  it('is protected where it is wrapped', () => {
    const app = new Hono().get('/orders', never);
    expect(lines(protect(app.fetch))).toEqual(['protected the handler', 'exempt the handler at /healthz']);
    expect(lines({ fetch: protect(app.fetch) })).toEqual(['protected fetch', 'exempt fetch at /healthz']);
    expect(lines({ fetch: app.fetch })).toEqual(['notProtected fetch']);
    expect(routesNotProtected({ GET: protect(never), POST: never, revalidate: 60 })).toEqual(['POST']);
  });

  it('is walked where it is a Hono app, in the order of its routes', () => {
    const sub = new Hono().get('/list', never);
    const app = new Hono();
    app.use(async function logger() {});
    app.get('/early', never);
    app.use(forFetch.forHono(protect));
    app.get('/orders', forFetch.forHono(forFetch.requireCapability('orders:read')), never);
    app.route('/sub', sub);
    app.get('/healthz', never);
    expect(lines(app)).toEqual([
      'cannotSee ALL /* 1 (logger)',
      'notProtected GET /early',
      'protected GET /orders orders:read',
      'protected GET /sub/list',
      'exempt GET /healthz',
    ]);
    expect(lines(new Hono().use('/api/*', forFetch.forHono(protect)).get('/api/x', never))).toEqual([
      'notProtected GET /api/x',
    ]);
  });
});

describe('a server of node:http', () => {
  it('is asked for everything that it calls', () => {
    const server = createServer(forNode.protect(verifier, {}, never));
    expect(routesNotProtected(server)).toEqual([]);
    server.on('upgrade', forNode.protectUpgrade(verifier, never));
    expect(routesNotProtected(server)).toEqual([]);
    server.on('checkContinue', function early() {});
    server.on('connect', function tunnel() {});
    expect(routesNotProtected(server)).toEqual([
      'listener of connect 1 (tunnel)',
      'listener of checkContinue 1 (early)',
    ]);
    const callback = new Koa().callback() as unknown as () => void;
    expect(routesNotProtected(createServer(callback))).toEqual(['listener of request 1 (handleRequest)']);
    expect(routesNotProtected(createServer(express().get('/x', never)))).toEqual(['GET /x']);
  });
});

describe('the self-test', () => {
  const app = new Koa().use(async function logger() {}).use(forKoa.protect(verifier));

  it('throws at the start for what is not protected and for what it cannot see, unless that is named', () => {
    expect(() => assertProtected(app)).toThrow(NotProtected);
    expect(() => assertProtected(app)).toThrow('middleware 1 (logger): cannot be seen.');
    expect(() => assertProtected(app, { except: ['middleware 1'] })).toThrow(NotProtected);
    assertProtected(app, { except: ['middleware 1 (logger)'] });
    expect(() => assertProtected(app, { except: 'middleware' as unknown as string[] })).toThrow(TypeError);
  });

  it('warns instead, in lines that a terminal may see', () => {
    const said: string[] = [];
    warnNotProtected(app, (line) => said.push(line));
    expect(said).toEqual([
      'AppWarrant: middleware 1 (logger): cannot be seen. A function that runs before protect(), and may answer.',
    ]);
    const evil = Object.defineProperty(async () => {}, 'name', { value: '\u001b[2J' });
    warnNotProtected(new Koa().use(evil).use(forKoa.protect(verifier)), (line) => said.push(line));
    expect(said[1]).not.toContain('\u001b');
  });

  it('says of whatever it does not know that it cannot see, and never that it is fine', () => {
    const hostile = new Proxy({}, { get: never, has: never });
    const shapes: unknown[] = [
      undefined,
      null,
      'app',
      7,
      {},
      [],
      hostile,
      { middleware: [], use() {} },
      { middleware: 'no', callback() {} },
      { routes: [{}], fetch() {} },
      { routes: 'no', fetch: 1 },
      Object.assign(() => undefined, { handle() {}, stack: [{}, null, 1] }),
      { listeners: () => [1], listen() {} },
      { middleware: [{ router: { stack: [{}, { stack: [], methods: [1], path: '/' }] } }], callback() {} },
      { [Symbol('fastify.children')]: [] },
      { [Symbol('fastify.children')]: [], [Symbol('fastify.state')]: { started: true } },
      {
        [Symbol('fastify.children')]: [],
        [Symbol('fastify.state')]: { started: true },
        [Symbol('fastify.hooks')]: { onRequest: [] },
        printRoutes: () => 'something else\n',
      },
    ];
    for (const shape of shapes) expect(routesNotProtected(shape)).not.toEqual([]);
  });
});
