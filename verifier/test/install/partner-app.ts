import { request as ask } from 'node:http';
import { newNonce, signRequest, type ToSign } from '../http/sign.ts';

/** Where a server or a proxy listens: a port of the loopback, or a socket's path. */
export type Place = number | string;

export type Answered = { readonly status: number; readonly body: string };

/**
 * Asks as a partner's app does: it signs for the server's origin and deployment, and where the server has only just started, and says so
 * with a challenge, it signs once more with that.
 */
export async function askAs(to: Omit<ToSign, 'created'>, place: Place): Promise<Answered> {
  const first = await send(place, to, {});
  if (first.status !== 401) return first;
  const { challenge } = JSON.parse(first.body) as { challenge?: string };
  return challenge === undefined ? first : send(place, to, { nonce: `${challenge}.${newNonce()}` });
}

function send(place: Place, to: Omit<ToSign, 'created'>, more: Partial<ToSign>): Promise<Answered> {
  const signed = signRequest({ ...to, created: Math.floor(Date.now() / 1000), ...more });
  const { method, target: path, body } = signed;
  const headers = [['Host', new URL(to.origin).host], ...signed.headers].flat();
  const where = typeof place === 'number' ? { host: '127.0.0.1', port: place } : { socketPath: place };
  return new Promise((resolve, reject) => {
    const request = ask({ ...where, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}
