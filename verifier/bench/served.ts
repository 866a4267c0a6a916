// A server of one kind in a process of its own, with or without the verifier before its handler, for load from outside. Its parent asks it
// what it has used, and gives it bundles. See load-servers.ts and soak.ts.

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import Koa from 'koa';
import * as ofExpress from '../src/adapters/express.ts';
import * as ofFastify from '../src/adapters/fastify.ts';
import * as ofFetch from '../src/adapters/fetch.ts';
import * as ofKoa from '../src/adapters/koa.ts';
import * as ofNode from '../src/adapters/node.ts';
import { anchorIn } from '../src/installed-anchor.ts';
import { openVerifierFor, type Verifier } from '../src/open-verifier.ts';
import { Refused } from '../src/refused.ts';

/** What a parent says when it starts one: as JSON, its only argument. */
export type ToServe = {
  readonly kind: ServerKind;
  /** Null to serve without a verifier. */
  readonly site: { readonly anchor: string; readonly stateDir: string; readonly origin: string } | null;
};
export const serverKinds = ['node', 'koa', 'express', 'fastify', 'fetch'] as const;
export type ServerKind = (typeof serverKinds)[number];

/** What a parent asks, and what it is told. */
export type Question =
  { readonly ask: 'usage' } | { readonly ask: 'load'; readonly file: string } | { readonly ask: 'end' };
export type Told =
  | { readonly tell: 'port'; readonly port: number }
  | { readonly tell: 'loaded'; readonly refused: string | null }
  | Usage;
/** Processor time in microseconds, memory in bytes; `live` after what is not used has been thrown away. */
export type Usage = {
  readonly tell: 'usage';
  readonly cpu: number;
  readonly resident: number;
  readonly live: number;
};

/** What every server answers, so that they differ in nothing else. */
const orders = JSON.stringify({
  orders: [
    { id: 'o-1', total: 1200 },
    { id: 'o-2', total: 800 },
  ],
});
const json = { 'Content-Type': 'application/json' };

const makers: Readonly<
  Record<ServerKind, (verifier: Verifier | null) => Promise<RequestListener> | RequestListener>
> = {
  node: (verifier) => {
    const handler = (_: IncomingMessage, response: ServerResponse): void =>
      void response.writeHead(200, { ...json, 'Content-Length': orders.length }).end(orders);
    if (verifier === null) return handler;
    const listener = ofNode.protect(verifier, {}, handler);
    return (request, response) => void listener(request, response);
  },
  koa: (verifier) => {
    const app = new Koa();
    if (verifier !== null) app.use(ofKoa.protect(verifier));
    app.use((context) => {
      context.type = 'json';
      context.body = orders;
    });
    const handle = app.callback();
    return (request, response) => void handle(request, response);
  },
  express: (verifier) => {
    const app = express();
    if (verifier !== null) app.use(ofExpress.protect(verifier));
    app.all('/orders', (_, response) => void response.type('json').send(orders));
    return (request, response) => void app(request, response);
  },
  fastify: async (verifier) => {
    const app = fastify();
    if (verifier !== null) await app.register(ofFastify.protect(verifier));
    app.all('/orders', (_, reply) => reply.type('application/json').send(orders));
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
  fetch: (verifier) => {
    const app = new Hono();
    app.all('/orders', (context) => context.body(orders, 200, json));
    const handler = async (request: Request): Promise<Response> => app.fetch(request);
    const listener = getRequestListener(verifier === null ? handler : ofFetch.protect(verifier)(handler));
    return (request, response) => void listener(request, response);
  },
};

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  (globalThis as { gc?: () => void }).gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { tell: 'usage', cpu: user + system, resident: rss, live: heapUsed + external };
}

function load(verifier: Verifier | null, file: string): Told {
  try {
    verifier?.load(readFileSync(file));
    return { tell: 'loaded', refused: null };
  } catch (error) {
    if (error instanceof Refused) return { tell: 'loaded', refused: error.code };
    throw error;
  }
}

const tell = (told: Told): void => void process.send?.(told);

if (import.meta.main) {
  const { kind, site } = JSON.parse(process.argv[2] ?? '') as ToServe;
  const verifier =
    site === null
      ? null
      : openVerifierFor(anchorIn(readFileSync(site.anchor)), { ...site, log: () => undefined });
  const server = createServer(await makers[kind](verifier));
  // No connection ends because its client had nothing to send for a while.
  server.keepAliveTimeout = 3_600_000;
  server.listen(0, '127.0.0.1', () => {
    tell({ tell: 'port', port: (server.address() as AddressInfo).port });
  });
  process.on('message', (question: Question) => {
    if (question.ask === 'usage') tell(usage());
    else if (question.ask === 'load') tell(load(verifier, question.file));
    else {
      verifier?.close();
      process.exit();
    }
  });
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit());
}
