import { Refused } from '../refused.ts';
import { readFields, type Fields, type RawHeaders } from './header-fields.ts';
import { parseTarget } from './request-target.ts';

/** A request as an HTTP server received it: nothing decoded, folded or rewritten. */
export type RequestToCheck = {
  /** As in the request line; case matters. */
  readonly method: string;
  /** The raw request target of the request line, with the query. */
  readonly target: string;
  readonly headers: RawHeaders;
  /** The bytes as sent, content coding included, transfer coding removed. Absent when there is no body. */
  readonly body?: Uint8Array | undefined;
  /**
   * From which IP address it came, as the socket says (or a proxy whose word is taken for it). It limits forgeries (SPEC §10.12) and
   * decides nothing else: a wrong one gets nobody admitted.
   */
  readonly address?: string | undefined;
};

/** What is known of a request before its body, each part well formed. */
export type RequestHead = {
  readonly method: string;
  readonly target: string;
  readonly fields: Fields;
  readonly framing: Framing;
};

/** How the head announces a body: its length, or a transfer coding that will tell, or neither. */
type Framing = { readonly length: number | undefined; readonly chunked: boolean };

/** SPEC §12: the longest target URI, in bytes. */
const mostOfTarget = 8_192;
const methodPattern = /^[A-Za-z0-9-]{1,32}$/;

/**
 * Reads what comes before the body, sizes first (SPEC §10.6). Throws `too_large`, `method_malformed`, `target_malformed`,
 * `header_malformed`, `header_repeated`, `method_override`, `framing_ambiguous`.
 */
export function readHead(request: RequestToCheck, origin: string): RequestHead {
  const { method, target } = request;
  if (typeof method !== 'string' || !methodPattern.test(method)) throw new Refused('method_malformed');
  if (typeof target !== 'string') throw new Refused('target_malformed');
  if (origin.length + target.length > mostOfTarget) {
    throw new Refused('too_large', 'The target URI is longer than 8 KiB.');
  }
  const fields = readFields(request.headers);
  const framing = readFraming(fields.values);
  return { method, target: parseTarget(target), fields, framing };
}

/** The request-smuggling shapes (RFC 9112 §6.3) are refused here too, for servers that parse leniently. */
function readFraming(values: ReadonlyMap<string, string>): Framing {
  const length = values.get('content-length');
  const coding = values.get('transfer-encoding');
  if (coding !== undefined) {
    if (length !== undefined)
      throw new Refused('framing_ambiguous', 'The request has Content-Length and Transfer-Encoding.');
    if (coding.toLowerCase() !== 'chunked')
      throw new Refused('framing_ambiguous', 'Transfer-Encoding is not "chunked".');
    return { length: undefined, chunked: true };
  }
  if (length === undefined) return { length: undefined, chunked: false };
  if (!/^[0-9]+$/.test(length) || Number(length) > Number.MAX_SAFE_INTEGER)
    throw new Refused('framing_ambiguous', 'Content-Length is not a number.');
  return { length: Number(length), chunked: false };
}
