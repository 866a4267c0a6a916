import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import Koa from 'koa';
import * as ofExpress from '../../src/adapters/express.ts';
import * as ofFastify from '../../src/adapters/fastify.ts';
import * as ofFetch from '../../src/adapters/fetch.ts';
import * as ofKoa from '../../src/adapters/koa.ts';
import * as ofNode from '../../src/adapters/node.ts';
import type { HeadAdmission, HeadChecker, ProtectOptions } from '../../src/adapters/node.ts';

/** A customer's handler, whatever the framework: it reads the request itself, and what it returns is the answer. */
export type Handler = (
  request: IncomingMessage,
  of: { readonly admission: () => HeadAdmission },
) => string | Promise<string>;

export type Api = {
  readonly verifier: HeadChecker;
  readonly options?: ProtectOptions;
  /** What every route demands, if anything. */
  readonly capability?: string;
  /** Routes other than these do not exist. */
  readonly routes: Readonly<Record<string, Handler>>;
};

/** The same server in every framework: `protect` first, then the routes. */
export const frameworks: Readonly<Record<string, (api: Api) => RequestListener>> = {
  koa({ verifier, options, capability, routes }) {
    const app = new Koa();
    app.silent = true;
    app.use(ofKoa.protect(verifier, options));
    if (capability !== undefined) app.use(ofKoa.requireCapability(capability));
    app.use(async (context) => {
      const handler = routes[context.path];
      if (handler === undefined) return;
      context.body = await handler(context.req, { admission: () => ofKoa.admissionOf(context) });
    });
    const handle = app.callback();
    return (request, response) => void handle(request, response);
  },

  express({ verifier, options, capability, routes }) {
    const app = express();
    app.set('env', 'test');
    app.use(ofExpress.protect(verifier, options));
    if (capability !== undefined) app.use(ofExpress.requireCapability(capability));
    for (const [path, handler] of Object.entries(routes)) {
      app.all(path, async (request, response) => {
        response
          .type('text')
          .send(await handler(request, { admission: () => ofExpress.admissionOf(request) }));
      });
    }
    return (request, response) => void app(request, response);
  },

  fastify({ verifier, options, capability, routes }) {
    const app = Fastify({ bodyLimit: 2 ** 30 });
    void app.register(ofFastify.protect(verifier, options));
    // Handlers here read the request themselves.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    const onRequest = capability === undefined ? [] : [ofFastify.requireCapability(capability)];
    for (const [path, handler] of Object.entries(routes)) {
      app.all(path, { onRequest }, async (request) => {
        return handler(request.raw, { admission: () => ofFastify.admissionOf(request) });
      });
    }
    return (request, response) => void app.ready().then(() => app.routing(request, response));
  },

  fetch({ verifier, options, capability, routes }) {
    const routed = async (request: Request): Promise<Response> => {
      const handler = routes[new URL(request.url).pathname];
      if (handler === undefined) return new Response('', { status: 404 });
      // Handlers here read a request of node:http: this has what they use of one.
      const body = request.body === null ? Readable.from([]) : Readable.fromWeb(request.body as never);
      const read = Object.assign(body, { method: request.method, url: request.url });
      return new Response(
        await handler(read as unknown as IncomingMessage, { admission: () => ofFetch.admissionOf(request) }),
      );
    };
    const guard = ofFetch.protect(verifier, options);
    const demanding = capability === undefined ? routed : ofFetch.requireCapability(capability)(routed);
    // Hono's server sends an answer without a body in chunks, which these tests do not read.
    const errorHandler = (): Response => new Response('failed', { status: 500 });
    const listener = getRequestListener(guard(demanding), { errorHandler });
    return (request, response) => void listener(request, response);
  },

  node({ verifier, options = {}, capability, routes }) {
    const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const handler = routes[(request.url ?? '').split('?')[0] ?? ''];
      if (handler === undefined) response.writeHead(404).end();
      else response.end(await handler(request, { admission: () => ofNode.admissionOf(request) }));
    };
    const routed = capability === undefined ? listener : ofNode.requireCapability(capability, listener);
    const handle = ofNode.protect(verifier, options, routed);
    return (request, response) => {
      void (async () => handle(request, response))().catch(() => response.destroy());
    };
  },
};

export const everyName = Object.keys(frameworks);

/** Those whose requests are those of node:http, so that nothing is taken apart before the check. */
export const names = everyName.filter((name) => name !== 'fetch');

/** The server of one framework. */
export function make(name: string, api: Api): RequestListener {
  const framework = frameworks[name];
  if (framework === undefined) throw new TypeError(`There is no framework ${name}.`);
  return framework(api);
}
