import type { RequestToCheck } from '../../src/http/request-head.ts';

type Pairs = readonly (readonly [string, string])[];

/** What each proxy says of a request, as its documentation has it; Traefik and Envoy are not run here, but spoken for by hand. */
export const says = {
  nginx: ({ method, target, headers }: RequestToCheck): Pairs => [
    ['X-Original-Method', method],
    ['X-Original-URI', target],
    ['X-Original-Framing', framingOf(headers)],
  ],
  caddy: ({ method, target, headers }: RequestToCheck): Pairs => [
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Uri', target],
    ['X-Original-Framing', framingOf(headers)],
  ],
  traefik: ({ method, target }: RequestToCheck): Pairs => [
    ['X-Forwarded-Method', method],
    ['X-Forwarded-Proto', 'http'],
    ['X-Forwarded-Host', 'erp.customer.example'],
    ['X-Forwarded-Uri', target],
    ['X-Forwarded-For', '192.0.2.7'],
  ],
} as const;

/** The question of a proxy that asks without the body. */
export function questionOf(
  request: RequestToCheck,
  proxy: keyof typeof says = 'nginx',
  { query = '', added = says[proxy](request) }: { readonly query?: string; readonly added?: Pairs } = {},
): RequestToCheck {
  const headers = request.headers.filter(([name]) => !isFraming(name));
  return { method: 'GET', target: `/check/${proxy}${query}`, headers: [...headers, ...added] };
}

/** The question of Traefik with forwardBody: the body, and its framing, go with it. */
export function questionWithBody(request: RequestToCheck): RequestToCheck {
  const { body } = request;
  return {
    ...request,
    method: 'GET',
    target: '/check/traefik?require=-',
    headers: [...request.headers, ...says.traefik(request)],
    ...(body !== undefined && { body }),
  };
}

/** The question of Envoy: the method and the headers as they are, the path behind a prefix. */
export function questionOfEnvoy(request: RequestToCheck, added: Pairs = []): RequestToCheck {
  return { ...request, target: `/check/envoy${request.target}`, headers: [...request.headers, ...added] };
}

function framingOf(headers: Pairs): string {
  const valueOf = (name: string): string => headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? '';
  return `${valueOf('content-length')}|${valueOf('transfer-encoding')}`;
}

function isFraming(name: string): boolean {
  return /^(?:content-length|transfer-encoding)$/i.test(name);
}
