import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Admission } from '../../src/http/admission.ts';
import { answerTo } from '../../src/http/problem.ts';
import { Refused } from '../../src/refused.ts';
import type { CheckerOptions } from '../../src/http/check.ts';
import type { EcJwk } from '../../src/jwk.ts';
import type { Platform } from '../../src/custom.ts';
import { makeSite } from './site.ts';

/** An answer that does not go through the check: a page, a script. */
export type Exempt = { readonly type: string; readonly body: string | Buffer };

/**
 * A customer's server on loopback whose every answer is the verdict of the real check: the admission as JSON, or the refusal
 * as its problem. It knows one app, by its public key. `admitted` and `refused` tell what happened, in order.
 * `options` replaces what the check is made of, `exempt` answers first. `await using` closes it.
 */
export async function serveSite(given: {
  key: EcJwk;
  thumbprint: string;
  platform?: Platform;
  options?: Partial<CheckerOptions>;
  exempt?: (target: string) => Exempt | undefined;
}) {
  const admitted: Admission[] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const exempt = given.exempt?.(request.url ?? '');
    if (exempt !== undefined) {
      response.writeHead(200, { 'Content-Type': exempt.type }).end(exempt.body);
      return;
    }
    void bodyOf(request).then((body) => {
      try {
        const admission = site.checker.check({
          method: request.method ?? '',
          target: request.url ?? '',
          headers: pairsOf(request.rawHeaders),
          ...(body.length > 0 && { body }),
        });
        admitted.push(admission);
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(admission));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refused.push(error.code);
        const answer = answerTo(error);
        response.writeHead(answer.status, answer.headers.flat()).end(answer.body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  // `makeSite` signs with private keys of its own; here the private half is the client's.
  const { privateKey } = makeSite().key;
  const key = { privateKey, jwk: given.key, thumbprint: given.thumbprint };
  const { platform = 'server' } = given;
  const site = makeSite({ apps: [{ key, platform }], options: { origin, now: Date.now, ...given.options } });
  return {
    origin,
    admitted,
    refused,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}
