import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Whether somebody answers at this path with success. */
export async function answers(port: number, path = '/healthz'): Promise<boolean> {
  try {
    const { ok } = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return ok;
  } catch {
    return false;
  }
}

/** A customer's server that knows nothing of all this: it answers everything, and remembers what reached it. */
export async function serveAnything(port = 0) {
  const reached: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    reached.push(request);
    request.resume().on('end', () => response.end(`It serves ${request.url ?? ''}\n`));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    reached,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
