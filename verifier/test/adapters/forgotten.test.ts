import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import express from 'express';
import Koa from 'koa';
import { describe, expect, it } from 'vitest';
import * as ofExpress from '../../src/adapters/express.ts';
import * as ofKoa from '../../src/adapters/koa.ts';
import * as ofNode from '../../src/adapters/node.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { makeSite } from '../http/site.ts';
import { send } from '../http/socket.ts';
import { expectProblem } from './problem.ts';
import { serve } from './serve.ts';

// What people forget, or put in the wrong order. No handler that demands a capability, or asks who sent the request, runs before the
// verdict; what is behind `protect` never does.

type Site = ReturnType<typeof makeSite>;
/** A server with a mistake; whatever reaches a handler that must not be reached calls `reached`. */
type Mistake = {
  readonly what: string;
  readonly make: (site: Site, reached: () => string) => RequestListener;
  /** What is sent: unsigned requests, if nothing else is said. */
  readonly sent?: (site: Site) => readonly RequestToCheck[];
  /** Without a code where the framework's own exit answers. */
  readonly refused: readonly [status: number, code?: ReasonCode];
};

const unsigned: RequestToCheck = { method: 'GET', target: '/orders', headers: [] };
const signed = (site: Site): readonly RequestToCheck[] => [site.sign({ target: '/orders' })];
const posted = (site: Site): readonly RequestToCheck[] => [
  site.sign({
    method: 'POST',
    target: '/orders',
    headers: [['Content-Type', 'application/json']],
    body: '{"n":1}',
  }),
];
const methods = (): readonly RequestToCheck[] =>
  ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'].map((method) => ({
    ...unsigned,
    method,
  }));

function koa(build: (app: Koa) => void): RequestListener {
  const app = new Koa();
  app.silent = true;
  build(app);
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}

function inExpress(build: (app: ReturnType<typeof express>) => void): RequestListener {
  const app = express();
  app.set('env', 'test');
  build(app);
  return (request, response) => void app(request, response);
}

const node = (listener: ofNode.RequestListener): RequestListener => {
  return (request, response) =>
    void (async () => listener(request, response))().catch(() => response.destroy());
};

const read = 'orders:read';
const mistakes: Readonly<Record<string, readonly Mistake[]>> = {
  koa: [
    {
      what: 'protect is forgotten',
      make: (_site, reached) =>
        koa((app) =>
          app.use(ofKoa.requireCapability(read)).use((context) => void (context.body = reached())),
        ),
      refused: [500, 'not_protected'],
    },
    {
      what: 'protect stands behind the routes',
      make: (site, reached) =>
        koa((app) =>
          app
            .use(async (context, next) => {
              await ofKoa.requireCapability(read)(context, async () => void (context.body = reached()));
              await next();
            })
            .use(ofKoa.protect(site.checker)),
        ),
      refused: [500, 'not_protected'],
      sent: signed,
    },
    {
      what: 'a handler asks who sent the request, without protect',
      make: (_site, reached) =>
        koa((app) =>
          app.use((context) => {
            ofKoa.admissionOf(context);
            context.body = reached();
          }),
        ),
      refused: [500],
    },
    {
      what: 'a body parser stands first',
      make: (site, reached) =>
        koa((app) =>
          app
            .use(async (context, next) => {
              await text(context.req);
              await next();
            })
            .use(ofKoa.protect(site.checker))
            .use((context) => void (context.body = reached())),
        ),
      refused: [500, 'not_protected'],
      sent: posted,
    },
    {
      what: 'the URL is rewritten before',
      make: (site, reached) =>
        koa((app) =>
          app
            .use(async (context, next) => {
              context.url = '/healthz';
              await next();
            })
            .use(ofKoa.protect(site.checker, { exempt: ['/healthz'] }))
            .use((context) => void (context.body = reached())),
        ),
      refused: [500, 'not_protected'],
    },
    {
      what: 'next is called twice',
      make: (site, reached) =>
        koa((app) =>
          app
            .use(async (_context, next) => {
              await Promise.all([next(), next()]);
            })
            .use(ofKoa.protect(site.checker))
            .use((context) => void (context.body = reached())),
        ),
      refused: [500],
    },
    {
      what: 'something before does not wait for what follows',
      make: (site, reached) =>
        koa((app) =>
          app
            .use(async (_context, next) => {
              await Promise.all([next(), Promise.resolve()]);
            })
            .use(ofKoa.protect(site.checker))
            .use(async (context) => {
              await Promise.resolve();
              context.body = reached();
            }),
        ),
      refused: [401, 'proof_missing'],
      sent: methods,
    },
    {
      what: 'errors are caught, and the next handler is called all the same',
      make: (site, reached) =>
        koa((app) =>
          app
            .use(async (context, next) => {
              try {
                await next();
              } finally {
                await ofKoa.requireCapability(read)(context, async () => void (context.body = reached()));
              }
            })
            .use(ofKoa.protect(site.checker)),
        ),
      refused: [500, 'not_protected'],
    },
    {
      what: 'an app is mounted in an app that has none',
      make: (_site, reached) =>
        koa((app) => {
          const inner = new Koa()
            .use(ofKoa.requireCapability(read))
            .use((context) => void (context.body = reached()));
          const mounted = inner.callback();
          app.use(async (context) => {
            context.respond = false;
            await mounted(context.req, context.res);
          });
        }),
      refused: [500, 'not_protected'],
    },
  ],

  express: [
    {
      what: 'protect is forgotten',
      make: (_site, reached) =>
        inExpress((app) =>
          app.all(
            '/orders',
            ofExpress.requireCapability(read),
            (_request, response) => void response.send(reached()),
          ),
        ),
      refused: [500, 'not_protected'],
    },
    {
      what: 'protect stands behind the routes',
      make: (site, reached) =>
        inExpress((app) => {
          app.all(
            '/orders',
            ofExpress.requireCapability(read),
            (_request, response) => void response.send(reached()),
          );
          app.use(ofExpress.protect(site.checker));
        }),
      refused: [500, 'not_protected'],
      sent: signed,
    },
    {
      what: 'a body parser stands first',
      make: (site, reached) =>
        inExpress((app) => {
          app.use(express.json());
          app.use(ofExpress.protect(site.checker));
          app.use((_request, response) => void response.send(reached()));
        }),
      refused: [500, 'not_protected'],
      sent: posted,
    },
    {
      what: 'the URL is rewritten before',
      make: (site, reached) =>
        inExpress((app) => {
          app.use((request, _response, next) => {
            request.url = '/healthz';
            next();
          });
          app.use(ofExpress.protect(site.checker, { exempt: ['/healthz'] }));
          app.use((_request, response) => void response.send(reached()));
        }),
      refused: [500, 'not_protected'],
    },
    {
      what: 'the URL is rewritten before what is mounted',
      make: (site, reached) =>
        inExpress((app) => {
          const router = express.Router();
          router.use((request, _response, next) => {
            request.url = '/healthz';
            next();
          });
          router.use(ofExpress.protect(site.checker, { exempt: ['/healthz', '/orders/healthz'] }));
          router.use((_request, response) => void response.send(reached()));
          app.use('/orders', router);
        }),
      refused: [500, 'not_protected'],
    },
    {
      what: 'an error handler goes on as if nothing were',
      make: (site, reached) =>
        inExpress((app) => {
          app.use(() => {
            throw new Error('broken');
          });
          app.use(ofExpress.protect(site.checker));
          app.use(((_error, _request, _response, next) => next()) satisfies express.ErrorRequestHandler);
          app.all(
            '/orders',
            ofExpress.requireCapability(read),
            (_request, response) => void response.send(reached()),
          );
        }),
      refused: [500, 'not_protected'],
      sent: signed,
    },
    {
      what: 'next is called twice, so that Express goes past it',
      make: (site, reached) =>
        inExpress((app) => {
          app.use((_request, _response, next) => {
            next();
            next();
          });
          app.use(ofExpress.protect(site.checker));
          app.use(ofExpress.requireCapability(read), (_request, response) => void response.send(reached()));
        }),
      refused: [500, 'not_protected'],
      sent: signed,
    },
    {
      what: 'next is called twice, and a listener of node:http that is protected holds the whole app',
      make: (site, reached) => {
        const app = inExpress((inner) => {
          inner.use((_request, _response, next) => {
            next();
            next();
          });
          inner.use((_request, response) => void response.send(reached()));
        });
        return node(ofNode.protect(site.checker, {}, app));
      },
      refused: [401, 'proof_missing'],
      sent: methods,
    },
    {
      what: 'an app with routes is mounted before it',
      make: (site, reached) =>
        inExpress((app) => {
          const inner = express();
          inner.use(ofExpress.requireCapability(read));
          inner.use((_request, response) => void response.send(reached()));
          app.use('/orders', inner);
          app.use(ofExpress.protect(site.checker));
        }),
      refused: [500, 'not_protected'],
    },
    {
      what: 'it is mounted under one path, and the route under another',
      make: (site, reached) =>
        inExpress((app) => {
          app.use('/api', ofExpress.protect(site.checker));
          app.use(ofExpress.requireCapability(read), (_request, response) => void response.send(reached()));
        }),
      refused: [500, 'not_protected'],
      sent: signed,
    },
  ],

  node: [
    {
      what: 'protect is forgotten',
      make: (_site, reached) =>
        node(ofNode.requireCapability(read, (_request, response) => response.end(reached()))),
      refused: [500, 'not_protected'],
    },
    {
      what: 'the route is called beside protect',
      make: (site, reached) => {
        const route = ofNode.requireCapability(read, (_request, response) => response.end(reached()));
        const protectedListener = ofNode.protect(site.checker, {}, () => undefined);
        return node(async (request, response) => {
          await Promise.all([route(request, response), protectedListener(request, response)]);
        });
      },
      refused: [500, 'not_protected'],
    },
    {
      what: 'a body parser stands first',
      make: (site, reached) => {
        const protectedListener = ofNode.protect(site.checker, {}, (_request, response) =>
          response.end(reached()),
        );
        return node(async (request, response) => {
          await text(request);
          await protectedListener(request, response);
        });
      },
      refused: [500, 'not_protected'],
      sent: posted,
    },
    {
      what: 'the listener is called for every method',
      make: (site, reached) =>
        node(
          ofNode.protect(site.checker, {}, async (_request: IncomingMessage, response: ServerResponse) => {
            await Promise.resolve();
            response.end(reached());
          }),
        ),
      refused: [401, 'proof_missing'],
      sent: methods,
    },
    {
      what: 'the listener is called twice for one request',
      make: (site, reached) => {
        const listener = ofNode.protect(site.checker, {}, (_request, response) => response.end(reached()));
        return node(async (request, response) => {
          await Promise.all([listener(request, response), listener(request, response)]);
        });
      },
      refused: [401, 'proof_missing'],
    },
  ],
};

const all = Object.entries(mistakes).flatMap(([name, each]) =>
  each.map((mistake) => [name, mistake.what, mistake] as const),
);

// Nobody does: no handler runs before the verdict.
describe('reaches handlers past the check', () => {
  it.each(all)('in %s, where %s', async (_name, _what, { make, sent, refused: [status, code] }) => {
    const site = makeSite();
    let reached = 0;
    await using server = await serve(make(site, () => `reached ${String((reached += 1))}`));
    for (const request of sent?.(site) ?? [unsigned]) {
      const answer = await send(server.port, request);
      if (request.method === 'HEAD' || code === undefined) expect(answer.status).toBe(status);
      else expectProblem(answer, status, code);
    }
    expect(reached).toBe(0);
  });

  it('in Express, mounted under a path, where it checks what was received', async () => {
    const site = makeSite();
    const seen: string[] = [];
    await using server = await serve(
      inExpress((app) => {
        app.use(
          '/api',
          ofExpress.protect(site.checker, { exempt: ['/api/healthz'] }),
          (request, response) => {
            seen.push(request.originalUrl);
            response.send('served');
          },
        );
      }),
    );
    for (const target of ['/api', '/api?a=b', '/api/', '/api/orders?a=/b', '/API/orders']) {
      expectProblem(await send(server.port, { ...unsigned, target }), 401, 'proof_missing');
      expect(await send(server.port, site.sign({ target }))).toMatchObject({ status: 200 });
    }
    expect(await send(server.port, { ...unsigned, target: '/api/healthz' })).toMatchObject({ status: 200 });
    expect(seen.length).toBe(6);
  });

  it('and where it stands twice, before an app and in it, the request is checked once', async () => {
    const site = makeSite();
    const app = inExpress((inner) => {
      inner.use(ofExpress.protect(site.checker));
      inner.use('/api', ofExpress.protect(site.checker));
      inner.use(ofExpress.requireCapability(read), (request, response) => {
        response.send(ofExpress.admissionOf(request).kind);
      });
    });
    await using server = await serve(node(ofNode.protect(site.checker, { exempt: ['/api/healthz'] }, app)));
    const request = site.sign({ method: 'POST', target: '/api/orders', body: 'hello' });
    expect(await send(server.port, request)).toMatchObject({ status: 200, body: 'app' });
    expectProblem(await send(server.port, request), 401, 'replayed');
    // What the outer one exempts the inner one checks.
    expectProblem(await send(server.port, { ...unsigned, target: '/api/healthz' }), 401, 'proof_missing');
    // Another verifier's word is not this one's.
    const other = makeSite();
    await using mixed = await serve(node(ofNode.protect(other.checker, {}, app)));
    expectProblem(await send(mixed.port, other.sign({ target: '/api/orders' })), 403, 'app_not_approved');
  });
});
