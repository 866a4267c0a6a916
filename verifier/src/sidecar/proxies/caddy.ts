import { textOf, type Address } from '../address.ts';
import { identityNames } from '../identity.ts';
import { questionFor, type Route, type SiteNames } from './site-names.ts';
import { uncheckedBody } from './unchecked-body.ts';

/** A site for Caddy 2.6 or newer. */
export function caddyConfig(site: SiteNames): string {
  const { routes, check, origin } = site;
  return [
    `# Made by: ${site.madeBy}`,
    '# It passes paths on as they came: put no rewrite and no handle_path before it.',
    `${origin} {`,
    ...indent([
      ...(origin.startsWith('http://127.') ? ['bind 127.0.0.1'] : []),
      ...routes.flatMap((route, index) => [
        ...matching(route, index),
        ...indent(check === null ? through(site, route) : asking(site, check, route, index)),
        '}',
      ]),
    ]),
    '}',
    '',
  ].join('\n');
}

/** A path and all below it, which Caddy does not take for one. */
function matching({ path }: Route, index: number): readonly string[] {
  if (path === '/') return ['handle {'];
  const name = `@appwarrant_route_${String(index)}`;
  return [`${name} path ${path} ${path}/*`, `handle ${name} {`];
}

function through({ listen }: SiteNames, { capabilities }: Route): readonly string[] {
  const demand =
    capabilities.length === 0 ? [] : [`header_up AppWarrant-Require "${capabilities.join(' ')}"`];
  return [
    `reverse_proxy ${dial(listen)} {`,
    ...indent(['header_up X-Original-Address {remote_host}', ...demand, 'flush_interval -1']),
    '}',
  ];
}

function asking(site: SiteNames, check: Address, route: Route, index: number): readonly string[] {
  const [plain, body] = ['plain', 'body'].map((name) => `@appwarrant_${name}_${String(index)}`) as [
    string,
    string,
  ];
  return [
    '# GET and HEAD that announce no body are asked about; the others go through the sidecar, which checks it.',
    `${plain} {`,
    ...indent([
      'method GET HEAD',
      'not header Content-Length *',
      'not header Content-Digest *',
      'not header Upgrade *',
    ]),
    '}',
    `${body} expression \`{http.request.body} != ""\``,
    `handle ${plain} {`,
    ...indent([
      'route {',
      ...indent([
        '# Chunks, which Caddy does not show: of a body nothing is read beyond its first byte, and it goes nowhere.',
        'request_body {',
        ...indent(['max_size 1']),
        '}',
        `handle ${body} {`,
        ...indent([
          'header Content-Type application/problem+json',
          'header Cache-Control no-store',
          `respond \`${uncheckedBody.body}\` ${String(uncheckedBody.status)}`,
        ]),
        '}',
        '# Or a client could have the fields taken out that say who he is.',
        'request_header -Connection',
        `forward_auth ${dial(check)} {`,
        ...indent([
          `uri ${questionFor('caddy', route)}`,
          'header_up X-Original-Framing "{http.request.header.Content-Length}|{http.request.header.Transfer-Encoding}"',
          'header_up X-Original-Address {remote_host}',
          `copy_headers ${identityNames.join(' ')}`,
        ]),
        '}',
        `reverse_proxy ${dial(site.upstream)}`,
      ]),
      '}',
    ]),
    '}',
    'handle {',
    ...indent(through(site, route)),
    '}',
  ];
}

function dial(address: Address): string {
  return address.kind === 'unix' ? `unix/${address.path}` : textOf(address);
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? line : `\t${line}`));
}
