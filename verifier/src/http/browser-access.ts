import type { IncomingHttpHeaders } from 'node:http';

// Cross-origin requests of web apps (the Fetch standard's CORS protocol). It protects users, not the API: what may be done is
// decided by the proof alone.

/** What an answer says to a page of another origin. */
export type AccessHeaders = readonly (readonly [name: string, value: string])[];

/** What the sdk reads of an answer. */
const exposed =
  'AppWarrant-Deployment, OAuth-Client-Attestation-Challenge, WWW-Authenticate, Accept-Signature';

/** Whether a request is a browser's question before the request proper; it carries no proof and reaches no handler. */
export function isPreflight(method: string | undefined, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** Lets pages of the given origins, and no others, read an answer. */
export function accessHeaders(headers: IncomingHttpHeaders, origins: ReadonlySet<string>): AccessHeaders {
  const { origin } = headers;
  if (origins.size === 0) return [];
  if (origin === undefined || !origins.has(origin)) return [['Vary', 'Origin']];
  return [
    ['Vary', 'Origin'],
    ['Access-Control-Allow-Origin', origin],
    ['Access-Control-Expose-Headers', exposed],
  ];
}

/** What the answer to a preflight allows: to pages of the given origins, the method and the fields that it asks for. */
export function preflightHeaders(headers: IncomingHttpHeaders, origins: ReadonlySet<string>): AccessHeaders {
  const { origin } = headers;
  if (origin === undefined || !origins.has(origin)) return [];
  return [
    ['Access-Control-Allow-Methods', headers['access-control-request-method'] ?? ''],
    ['Access-Control-Allow-Headers', headers['access-control-request-headers'] ?? ''],
    ['Access-Control-Max-Age', '600'],
  ];
}
