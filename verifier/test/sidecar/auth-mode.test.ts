import { describe, expect, test } from 'vitest';
import { signNow } from '../tricks/honest.ts';
import { alsoWithHeader, withHeader } from '../http/sign.ts';
import { send } from '../http/socket.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { loadedSite, startSidecar } from './start.ts';

/** The question that a proxy asks about a request: its head, without framing, and what the proxy adds. */
function questionOf(
  request: RequestToCheck,
  url = '/check/nginx',
  added: readonly (readonly [string, string])[] = [
    ['X-Original-Method', request.method],
    ['X-Original-URI', request.target],
  ],
): RequestToCheck {
  const headers = request.headers.filter(([name]) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  return { method: 'GET', target: url, headers: [...headers, ...added] };
}

describe('A proxy that asks', () => {
  test('is told to pass on what an approved app signed, and who sent it', async () => {
    const site = loadedSite();
    await using sidecar = await startSidecar(site, ['--listen', '127.0.0.1:0']);
    const request = signNow(site, { method: 'DELETE', target: '/orders/7?hard=1' });
    const answer = await send(sidecar.ports.check, questionOf(request));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('appwarrant-verdict')).toBe('app');
    expect(answer.headers.get('appwarrant-app')).toBe('orders');
  });
});
void alsoWithHeader;
void withHeader;
