import type { IncomingMessage } from 'node:http';
import { withoutSpaceAround, type RawHeaders } from '../http/header-fields.ts';
import { headOf } from '../http/node-request.ts';
import type { RequestToCheck } from '../http/request-head.ts';
import { capabilityPattern } from '../ids.ts';
import { Refused } from '../refused.ts';
import { alike } from './identity.ts';

// What a proxy in front says of the request that it asks about. Each has its own way; which one it is stands in the address that it
// asks, which its own configuration sets and no client.

/** A request as the proxy received it. */
export type Forwarded = {
  readonly request: RequestToCheck;
  /** Whether the question brings the request's body, where there is one. */
  readonly passesBodies: boolean;
  /** The capabilities that the route demands. */
  readonly demands: readonly string[];
  readonly proxy: Proxy;
};

type Proxy = 'nginx' | 'caddy' | 'traefik' | 'envoy';

/** By which fields a proxy says what it received, and whether it passes bodies on. */
type Ways = {
  readonly method: string;
  readonly target: string;
  readonly body: boolean;
  /** Whether its configuration sets the address field; where it does not, a client might. */
  readonly address: boolean;
};
const ways: ReadonlyMap<string, Ways & { readonly proxy: Proxy }> = new Map([
  [
    'nginx',
    { proxy: 'nginx', method: 'X-Original-Method', target: 'X-Original-URI', body: false, address: true },
  ],
  [
    'caddy',
    { proxy: 'caddy', method: 'X-Forwarded-Method', target: 'X-Forwarded-Uri', body: false, address: true },
  ],
  [
    'traefik',
    { proxy: 'traefik', method: 'X-Forwarded-Method', target: 'X-Forwarded-Uri', body: true, address: false },
  ],
]);

/**
 * How a proxy that does not pass bodies on says whether there is one: Content-Length and Transfer-Encoding as they came, and a bar
 * between them. It is always there, so that a proxy that says nothing of bodies is not taken for one that has seen none.
 */
const framingField = 'X-Original-Framing';
const addressField = 'X-Original-Address';
/** Which capabilities a route demands; it can only demand more, so it may be anybody's. */
const requireField = 'AppWarrant-Require';

const envoyPrefix = '/check/envoy';

/** What a proxy tells this program alone: it goes no further. */
export const proxyFields = [addressField, requireField] as const;

/** Reads the question of a proxy. Throws `forwarding_malformed` unless it says what it received, once, and asks nothing unknown. */
export function readForwarded(question: IncomingMessage): Forwarded {
  const asked = headOf(question, question.url ?? '');
  const { method, target: url, headers } = asked;
  const demanded = requiredBy(headers);
  if (url.startsWith(`${envoyPrefix}/`)) {
    // The connection's address is the proxy's, and not a client's.
    const request = { method, target: url.slice(envoyPrefix.length), headers };
    return { request, passesBodies: true, demands: demanded, proxy: 'envoy' };
  }
  const [, name = '', query] = /^\/check\/([a-z]+)(?:\?(.*))?$/.exec(url) ?? [];
  const way = ways.get(name);
  if (way === undefined)
    throw malformed(
      'It asked for another address than /check/nginx, /check/caddy, /check/traefik or /check/envoy.',
    );
  const said = {
    method: theOne(headers, way.method),
    target: theOne(headers, way.target),
    headers: way.body ? headers : framedAsSent(headers),
  };
  const request = way.address ? withAddress(said) : said;
  const demands = [...readQuery(query), ...demanded];
  return { request, passesBodies: way.body, demands, proxy: way.proxy };
}

/** The capabilities that the fields of a request demand. Throws `forwarding_malformed`. */
export function requiredBy(headers: RawHeaders): readonly string[] {
  const wanted = alike(requireField);
  return headers.flatMap(([name, value]) =>
    alike(name) === wanted && value !== '' ? readList(value.split(/[ ,]+/)) : [],
  );
}

/** With the address of who asked, where the proxy names one. It limits forgeries and decides nothing. */
export function withAddress(request: RequestToCheck): RequestToCheck {
  const [address, second] = valuesOf(request.headers, addressField);
  return address === undefined || second !== undefined ? request : { ...request, address };
}

/** The fields with the framing of the request itself in place of the question's, which has no body. */
function framedAsSent(headers: RawHeaders): RawHeaders {
  const [, length, coding] = /^([^|]*)\|([^|]*)$/.exec(theOne(headers, framingField)) ?? [];
  if (length === undefined || coding === undefined)
    throw malformed(`It said ${framingField} in another form than "length|coding".`);
  const rest = headers.filter(([name]) => !/^(?:content-length|transfer-encoding)$/i.test(name));
  const framing: RawHeaders = [
    ['Content-Length', length],
    ['Transfer-Encoding', coding],
  ];
  return [...rest, ...framing.filter(([, value]) => value !== '')];
}

function theOne(headers: RawHeaders, name: string): string {
  const [value, second] = valuesOf(headers, name);
  if (value === undefined || value === '') throw malformed(`It did not say ${name}.`);
  if (second !== undefined) throw malformed(`It said ${name} more than once.`);
  return value;
}

/** The values of a field in all its spellings: a client's own spelling beside the proxy's must not go unseen. */
function valuesOf(headers: RawHeaders, name: string): readonly string[] {
  const wanted = alike(name);
  return headers.filter(([each]) => alike(each) === wanted).map(([, value]) => withoutSpaceAround(value));
}

/** What is demanded where nothing is; no capability begins so. */
const nothing = '-';

function readQuery(query: string | undefined): readonly string[] {
  if (query === undefined) return [];
  return query.split('&').flatMap((pair) => {
    const [, list] = /^require=(.*)$/.exec(pair) ?? [];
    // What is misspelt must not be taken for no demand at all.
    if (list === undefined)
      throw malformed('The address that it asked has something else behind it than require=.');
    return list === nothing ? [] : readList(list.split(','));
  });
}

function readList(list: readonly string[]): readonly string[] {
  for (const each of list)
    if (!capabilityPattern.test(each)) throw malformed('It demanded something that is no capability.');
  return list;
}

function malformed(seen: string): Refused {
  return new Refused('forwarding_malformed', seen);
}
