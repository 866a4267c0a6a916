import type { RawHeaders } from '../http/header-fields.ts';
import { Refused } from '../refused.ts';
import { alike, identityNames } from './identity.ts';
import { proxyFields } from './forwarded.ts';

// Fields that mean this connection and no other (RFC 9110 §7.6.1), and are made anew for the next.

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What a sender may say of a connection. Anything else would have a field of its choice taken out on the way. */
const options: ReadonlySet<string> = new Set(['close', 'keep-alive', 'te', '']);

/** Throws `header_malformed` where Connection names other fields, `protocol_unsupported` where another protocol is asked for. */
export function requirePlainConnection(headers: RawHeaders): void {
  if (headers.some(([name]) => name.toLowerCase() === 'upgrade'))
    throw new Refused('protocol_unsupported', 'The request asks for an upgrade.');
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== 'connection') continue;
    const foreign = value.split(',').find((option) => !options.has(option.trim().toLowerCase()));
    if (foreign !== undefined)
      throw new Refused('header_malformed', 'Connection names something else than close and keep-alive.');
  }
}

/** The fields of a request for the protected server: without those of this connection, and with ours instead of anybody else's. */
export function forUpstream(headers: RawHeaders, identity: RawHeaders): RawHeaders {
  const ours: ReadonlySet<string> = new Set([...identityNames, ...proxyFields].map(alike));
  const theirs = headers.filter(([name]) => {
    const key = name.toLowerCase();
    return !hopByHop.has(key) && key !== 'content-length' && !ours.has(alike(name));
  });
  return [...theirs, ...identity];
}

/** The fields of the server's answer, untouched but for those of its connection. */
export function forClient(headers: RawHeaders): RawHeaders {
  const named = new Set(
    headers
      .filter(([name]) => name.toLowerCase() === 'connection')
      .flatMap(([, value]) => value.split(',').map((option) => option.trim().toLowerCase())),
  );
  return headers.filter(([name]) => {
    const key = name.toLowerCase();
    // What comes behind the body goes on with it, and its announcement too.
    return key === 'trailer' || (!hopByHop.has(key) && !named.has(key));
  });
}
