import { textOf } from '../address.ts';
import { identityNames } from '../identity.ts';
import { listensAt, questionFor, type Route, type SiteNames } from './site-names.ts';
import { uncheckedBody } from './unchecked-body.ts';

/** The statuses of refusals; nginx cannot take a status from a variable. */
const statuses = [400, 401, 408, 413, 429, 500, 502, 503, 504, 505];
/** What of a refusal goes to the client, besides the problem: a variable each. WWW-Authenticate nginx hands on by itself. */
const handedOn = ['Accept-Signature', 'OAuth-Client-Attestation-Challenge', 'Retry-After'] as const;

/** A server for nginx 1.18 or newer, to be included in its `http` block. */
export function nginxConfig(site: SiteNames): string {
  const { routes, check } = site;
  return [
    `# Made by: ${site.madeBy}`,
    '# Include it in the http block of nginx. It passes paths on as they came: leave out rewrites, and URIs behind proxy_pass.',
    '',
    ...upstreams(site),
    ...(check === null ? [] : bodyMap),
    'server {',
    ...indent([
      ...listening(site.origin),
      '',
      '# Bodies are limited by the server; they are hashed as they come.',
      'client_max_body_size 0;',
      'large_client_header_buffers 4 32k;',
      'proxy_http_version 1.1;',
      'proxy_buffer_size 32k;',
      'proxy_buffers 8 32k;',
      'proxy_next_upstream off;',
      '',
      ...(check === null ? routes.flatMap(throughSidecar) : askedAbout(routes)),
    ]),
    '}',
    '',
  ].join('\n');
}

function upstreams({ listen, check, upstream }: SiteNames): readonly string[] {
  const block = (name: string, server: string): readonly string[] => [
    `upstream ${name} {`,
    `    server ${server};`,
    '    keepalive 32;',
    '}',
  ];
  return [
    ...block('appwarrant_proxy', textOf(listen)),
    ...(check === null
      ? []
      : [...block('appwarrant_check', textOf(check)), ...block('appwarrant_server', textOf(upstream))]),
    '',
  ];
}

const bodyMap = [
  '# Requests that have a body, or say that they have one, go through the sidecar, which checks it.',
  'map "$http_content_length|$http_transfer_encoding|$http_content_digest" $appwarrant_body {',
  '    "||" "";',
  '    "0||" "";',
  '    default body;',
  '}',
  '',
];

function listening(origin: string): readonly string[] {
  const { host, port, isTls, isLoopback } = listensAt(origin);
  const at = isLoopback ? `${host}:${String(port)}` : String(port);
  return [
    `listen ${at}${isTls ? ' ssl http2' : ''};`,
    `server_name ${host};`,
    ...(isTls
      ? [
          `ssl_certificate /etc/ssl/${host}/fullchain.pem;`,
          `ssl_certificate_key /etc/ssl/${host}/privkey.pem;`,
        ]
      : []),
  ];
}

/** The request as it came, and who sent it; nothing that says who the app is, which is the sidecar's to say. */
const asItCame = [
  'proxy_set_header Host $http_host;',
  'proxy_set_header Connection "";',
  'proxy_set_header X-Real-IP $remote_addr;',
  'proxy_set_header X-Forwarded-For $remote_addr;',
  'proxy_set_header X-Forwarded-Proto $scheme;',
];

function throughSidecar(route: Route): readonly string[] {
  return [...locations(route, passing(route)), ''];
}

/** A path and all below it. Without the first location nginx would send clients from `/orders` to `/orders/`. */
function locations({ path }: Route, lines: readonly string[]): readonly string[] {
  const block = (where: string): readonly string[] => [`location ${where} {`, ...indent(lines), '}'];
  return path === '/' ? block('/') : [...block(`= ${path}`), ...block(`${path}/`)];
}

function passing({ capabilities }: Route): readonly string[] {
  return [
    'proxy_pass http://appwarrant_proxy;',
    'proxy_pass_request_body on;',
    'proxy_request_buffering off;',
    ...asItCame,
    'proxy_set_header X-Original-Address $remote_addr;',
    `proxy_set_header AppWarrant-Require "${capabilities.join(' ')}";`,
  ];
}

function askedAbout(routes: readonly Route[]): readonly string[] {
  return [
    '# Who sent the request, as the sidecar says.',
    ...[...identityNames, ...handedOn, 'AppWarrant-Status', 'AppWarrant-Problem'].map(
      (name) => `auth_request_set ${variable(name)} $upstream_http_${underscored(name)};`,
    ),
    ...asItCame,
    ...identityNames.map((name) => `proxy_set_header ${name} ${variable(name)};`),
    '# Where nobody has checked a body, none goes on.',
    'proxy_pass_request_body off;',
    'proxy_set_header Content-Length $http_content_length;',
    'recursive_error_pages on;',
    '',
    ...routes.flatMap(asking),
    ...refusing,
  ];
}

function asking(route: Route, index: number): readonly string[] {
  const n = String(index);
  return [
    ...locations(route, [
      `error_page 418 = @appwarrant_body_${n};`,
      `error_page 419 = @appwarrant_bare_${n};`,
      'if ($appwarrant_body) { return 418; }',
      'return 419;',
    ]),
    `location @appwarrant_bare_${n} {`,
    ...indent([
      '# A body of which nothing was said, as HTTP/2 allows, is not kept.',
      'client_max_body_size 1;',
      'error_page 413 = @appwarrant_unchecked;',
      'error_page 401 403 = @appwarrant_refused;',
      `auth_request /_appwarrant/${n};`,
      'proxy_pass http://appwarrant_server;',
    ]),
    '}',
    `location @appwarrant_body_${n} {`,
    ...indent(passing(route)),
    '}',
    `location = /_appwarrant/${n} {`,
    ...indent([
      'internal;',
      `proxy_pass http://appwarrant_check${questionFor('nginx', route)};`,
      'proxy_pass_request_body off;',
      'proxy_set_header Content-Length "";',
      'proxy_set_header Connection "";',
      'proxy_set_header X-Original-Method $request_method;',
      'proxy_set_header X-Original-URI $request_uri;',
      'proxy_set_header X-Original-Framing "$http_content_length|$http_transfer_encoding";',
      'proxy_set_header X-Original-Address $remote_addr;',
      'proxy_connect_timeout 2s;',
      'proxy_read_timeout 10s;',
    ]),
    '}',
    '',
  ];
}

const refusing = [
  '# The answer to a refused request: its status and its problem, as the sidecar gave them.',
  'location @appwarrant_refused {',
  ...indent([
    'internal;',
    'default_type application/problem+json;',
    'add_header Cache-Control no-store always;',
    ...handedOn.map((name) => `add_header ${name} ${variable(name)} always;`),
    ...statuses.map((status) => {
      const code = String(status);
      return `if (${variable('AppWarrant-Status')} = ${code}) { return ${code} ${variable('AppWarrant-Problem')}; }`;
    }),
    `return 403 ${variable('AppWarrant-Problem')};`,
  ]),
  '}',
  'location @appwarrant_unchecked {',
  ...indent([
    'internal;',
    'default_type application/problem+json;',
    'add_header Cache-Control no-store always;',
    `return ${String(uncheckedBody.status)} '${uncheckedBody.body}';`,
  ]),
  '}',
];

function variable(name: string): string {
  return `$appwarrant_${underscored(name.replace(/^AppWarrant-/, ''))}`;
}

function underscored(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? line : `    ${line}`));
}
