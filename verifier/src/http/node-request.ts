import type { IncomingMessage } from 'node:http';
import { Refused } from '../refused.ts';
import type { RawHeaders } from './header-fields.ts';
import type { RequestToCheck } from './request-head.ts';

// A request of node:http as the check takes it: nothing of it is decoded, folded or rewritten.

/**
 * Throws `protocol_unsupported` for whatever is no HTTP/1: what HTTP/2 puts into pseudo-fields has no request line to be signed.
 * `framing_ambiguous` for HTTP/1.0 with a transfer coding, which that version does not have (RFC 9112 §6.1).
 */
export function requireHttp1({ httpVersion, headers }: IncomingMessage): void {
  if (httpVersion === '1.1') return;
  if (httpVersion !== '1.0') throw new Refused('protocol_unsupported', `This is HTTP/${httpVersion}.`);
  if (headers['transfer-encoding'] !== undefined)
    throw new Refused('framing_ambiguous', 'HTTP/1.0 has no Transfer-Encoding.');
}

/** The head of a request with the target that the server received, and the address of the socket's other end. */
export function headOf(request: IncomingMessage, target: string): RequestToCheck {
  const { method = '', rawHeaders, socket } = request;
  return { method, target, headers: pairsOf(rawHeaders), address: socket.remoteAddress };
}

/** By the framing that the HTTP parser followed: a digest alone brings no body. */
export function carriesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * The target that the server received, or null where something before (Express, Connect and their like) has taken a part of it, and says so
 * in a member that is its own: a request that was signed for one path would count for another.
 */
export function receivedTarget(request: IncomingMessage & { readonly originalUrl?: unknown }): string | null {
  const { url = '', originalUrl = url } = request;
  return originalUrl === url ? url : null;
}

/**
 * Throws `framing_ambiguous` where a body comes that no field announces: Node's parser follows fields that Node then drops, when there are
 * more than it keeps (`maxHeadersCount`). Ask when the head has been judged: until then a request without a body is not whole either.
 */
export function requireNoBody({ complete, readableLength }: IncomingMessage): void {
  if (!complete || readableLength > 0)
    throw new Refused('framing_ambiguous', 'There is a body that no field announces.');
}

/** The raw path of a target: nothing decoded. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** Fields as they came, of `rawHeaders` or `rawTrailers` and not of `headers`: Node folds repeated fields into one, or drops the second. */
export function pairsOf(raw: readonly string[]): RawHeaders {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] as string, raw[i + 1] as string]);
  return pairs;
}
