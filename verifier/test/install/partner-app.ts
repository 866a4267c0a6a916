import { newNonce, signRequest, type ToSign } from '../http/sign.ts';
import { send, type Answer } from '../http/socket.ts';

/**
 * Asks as a partner's app does: it signs for the server's origin and deployment, and where the server has only just started, and says so
 * with a challenge, it signs once more with that.
 */
export async function askAs(to: Omit<ToSign, 'created'>, port: number): Promise<Answer> {
  const ask = (more: Partial<ToSign>): Promise<Answer> =>
    send(port, signRequest({ ...to, created: Math.floor(Date.now() / 1000), ...more }));
  const first = await ask({});
  if (first.status !== 401) return first;
  const { challenge } = JSON.parse(first.body) as { challenge?: string };
  return challenge === undefined ? first : ask({ nonce: `${challenge}.${newNonce()}` });
}
