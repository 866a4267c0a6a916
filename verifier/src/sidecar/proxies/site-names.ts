import type { Address } from '../address.ts';

/** What the configuration of a proxy is made of: the customer's own names. */
export type SiteNames = {
  /** Under which apps reach the server. */
  readonly origin: string;
  /** The reverse-proxy mode of the sidecar. */
  readonly listen: Address;
  /** Where the proxy asks; null where all requests go through the sidecar. */
  readonly check: Address | null;
  /** The server itself. */
  readonly upstream: Address;
  /** Locations with what they demand, the longest path first; `/` is always there. */
  readonly routes: readonly Route[];
  /** The command by which it was made. */
  readonly madeBy: string;
};

/** `path` is `/`, or has no slash at its end and stands for itself and all below it. */
export type Route = { readonly path: string; readonly capabilities: readonly string[] };

/**
 * The path and the query at which a proxy asks about requests of a route. Never without a query: Caddy would put the client's own in
 * its place.
 */
export function questionFor(proxy: string, { capabilities }: Route): string {
  return `/check/${proxy}?require=${capabilities.length === 0 ? '-' : capabilities.join(',')}`;
}

/** Host and port of the origin, as a server listens: on loopback where the origin is one. */
export function listensAt(origin: string): {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly isLoopback: boolean;
} {
  const { hostname, port, protocol } = new URL(origin);
  const isTls = protocol === 'https:';
  const isLoopback = /^(?:127\.[0-9.]+|\[::1\])$/.test(hostname);
  return { host: hostname, port: port === '' ? (isTls ? 443 : 80) : Number(port), isTls, isLoopback };
}
