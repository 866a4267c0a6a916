import type { ParameterizedContext } from 'koa';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/**
 * Whom to count a request for. A proxy on this machine appends its client's address to X-Forwarded-For; what stands
 * before that is the client's own invention. From anywhere else the header says nothing. Nothing but counting rests on it.
 */
export function clientAddress(http: ParameterizedContext): string {
  const peer = http.req.socket.remoteAddress ?? '';
  if (!LOOPBACK.has(peer)) return peer;
  const last = http.get('X-Forwarded-For').split(',').at(-1)?.trim() ?? '';
  return last === '' ? peer : last.slice(0, 64);
}
