import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { ConfigError, type Config } from '../config.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server that holds its port, and answers 503 until it is given a handler. */
export interface Listening {
  readonly port: number;
  serve(handler: Handler): void;
  /** Takes no new requests, lets those under way end for at most `seconds`, then cuts them off. */
  drain(seconds: number): Promise<void>;
}

/** An idle connection is cut off after this long; an upload may take as long as bytes keep coming. */
const IDLE_MS = 120_000;

/**
 * Takes the port, first of all: whatever else the start does, it does for a portal that can be reached.
 * @throws ConfigError when it is taken
 */
export async function listen(config: Config): Promise<Listening> {
  let handler: Handler = (_request, response) =>
    response.writeHead(503, { 'Retry-After': '1', Connection: 'close' }).end('Starting.\n');
  const server = createServer({ requestTimeout: 0, headersTimeout: 30_000 }, (request, response) => {
    handler(request, response);
  });
  server.timeout = IDLE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Without a host Node takes every address, also where the machine has no IPv6.
    const host = config.listen === '::' ? {} : { host: config.listen };
    server.listen({ port: config.port, ...host }, resolve);
  }).catch((error: unknown) => {
    throw new ConfigError(sentence(error, config.port), { cause: error });
  });
  return {
    port: (server.address() as AddressInfo).port,
    serve(next) {
      handler = next;
    },
    drain: (seconds) => drain(server, seconds),
  };
}

function sentence(error: unknown, port: number): string {
  const code = (error as { code?: unknown }).code;
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken: stop what listens there, or set PORT to another one.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user: set PORT to one above 1023.`;
  return `Port ${port} cannot be used (${error instanceof Error ? error.message : String(error)}).`;
}

async function drain(server: Server, seconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that are kept alive become idle as their last answer ends.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
