import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { protect, requireCapability, type Admission, type ProtectOptions } from '../../src/adapters/koa.ts';
import type { EcJwk } from '../../src/jwk.ts';
import type { Platform } from '../../src/custom.ts';
import { makeSite } from './site.ts';

/**
 * A customer's Koa server on loopback, protected as its README says, that knows one app by its public key. It answers with the
 * admission and with the body as its handler reads it. `await using` closes it.
 */
export async function serveProtected(given: {
  key: EcJwk;
  thumbprint: string;
  platform?: Platform;
  protect?: ProtectOptions;
}) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  // `makeSite` signs with private keys of its own; here the private half is the client's.
  const { privateKey } = makeSite().key;
  const key = { privateKey, jwk: given.key, thumbprint: given.thumbprint };
  const site = makeSite({
    apps: [{ key, platform: given.platform ?? 'server' }],
    options: { origin, now: Date.now },
  });
  const app = new Koa();
  app.use(protect(site.checker, given.protect));
  app.use(requireCapability('orders:read'));
  app.use(async (context) => {
    const chunks: Buffer[] = [];
    for await (const chunk of context.req) chunks.push(chunk as Buffer);
    const { appwarrant } = context.state as { appwarrant: Admission };
    context.body = { admission: appwarrant, body: Buffer.concat(chunks).toString() };
  });
  const handle = app.callback();
  server.on('request', (request, response) => void handle(request, response));
  return {
    origin,
    site,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
