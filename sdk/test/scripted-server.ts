import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the wire. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * A server that answers whatever the test says, as a broken or hostile one would: what the sdk does then cannot be shown
 * with a verifier that behaves. Listens on loopback, on a free port; `await using` closes it.
 */
export async function scriptedServer(answer: (request: Received, index: number) => Answer) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: target = '', headers } = request;
      received.push({ method, target, headers, body: Buffer.concat(chunks) });
      const {
        status = 200,
        headers: fields = {},
        body = '',
      } = answer(received[received.length - 1] as Received, received.length - 1);
      response.writeHead(status, fields).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A refusal as the verifier writes it (SPEC §11). */
export function problem(
  code: string,
  members: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Answer {
  const status = code === 'app_not_approved' ? 403 : 401;
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify({
      type: `urn:appwarrant:${code}`,
      title: code,
      status,
      detail: `Detail of ${code}.`,
      code,
      ...members,
    }),
  };
}
