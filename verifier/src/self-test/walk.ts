import { childrenOf } from '../adapters/fastify/internals.ts';
import { expressPlaces } from './express-places.ts';
import { fastifyPlaces } from './fastify-places.ts';
import { handlerPlaces, honoPlaces, nextPlaces } from './fetch-places.ts';
import { koaPlaces } from './koa-places.ts';
import { markOf } from './marks.ts';
import { listOf, member, unseen, type Place } from './place.ts';
import { serverPlaces } from './server-places.ts';

/** What was walked, and what was found. */
export type Walked = {
  readonly kind: 'koa' | 'express' | 'fastify' | 'hono' | 'handler' | 'next' | 'server' | 'unknown';
  readonly places: readonly Place[];
};

/**
 * Walks whatever a host hands over: a Koa, Express, Fastify or Hono app, a server of node:http, a handler that `protect` wrapped or did
 * not, the module of a route of Next. Runs nothing of it. What it does not know, it says that it cannot see.
 */
export function walk(app: unknown): Walked {
  if (typeof app === 'object' && app !== null && childrenOf(app) !== undefined) return walkFastify(app);
  const middlewares = listOf(app, 'middleware');
  if (middlewares !== undefined && isCallable(app, 'callback'))
    return { kind: 'koa', places: koaPlaces(middlewares) };
  const router = expressRouter(app);
  if (router !== undefined) return { kind: 'express', places: expressPlaces(router) };
  const routes = listOf(app, 'routes');
  if (routes !== undefined && isCallable(app, 'fetch')) return { kind: 'hono', places: honoPlaces(routes) };
  if (isServer(app)) return { kind: 'server', places: serverPlaces(app, ofListener) };
  if (typeof app === 'function') return { kind: 'handler', places: handlerPlaces(app, 'the handler') };
  const fetched = member(app, 'fetch');
  if (typeof fetched === 'function') return { kind: 'handler', places: handlerPlaces(fetched, 'fetch') };
  const next = typeof app === 'object' && app !== null ? nextPlaces(app) : undefined;
  if (next !== undefined) return { kind: 'next', places: next };
  return { kind: 'unknown', places: [unseen('the whole app', 'It is nothing that can be walked.')] };
}

function walkFastify(app: object): Walked {
  const server = member(app, 'server');
  // Fastify's own listener of requests is what was walked.
  const others = isServer(server)
    ? serverPlaces(
        { listeners: (event) => (event === 'request' ? [] : server.listeners(event)) },
        () => undefined,
      )
    : [];
  return { kind: 'fastify', places: [...fastifyPlaces(app), ...others] };
}

/** An Express app is a function with a router, and a listener of requests; a router has a stack itself. */
function expressRouter(app: unknown): unknown {
  if (typeof app !== 'function' || !isCallable(app, 'handle')) return undefined;
  return [app, member(app, 'router')].find((each) => listOf(each, 'stack') !== undefined);
}

function ofListener(listener: unknown): readonly Place[] | undefined {
  const router = markOf(listener) === undefined ? expressRouter(listener) : undefined;
  return router === undefined ? undefined : expressPlaces(router);
}

function isServer(app: unknown): app is { listeners(event: string): readonly unknown[] } {
  return isCallable(app, 'listeners') && isCallable(app, 'listen');
}

function isCallable(app: unknown, name: string): boolean {
  return typeof member(app, name) === 'function';
}
