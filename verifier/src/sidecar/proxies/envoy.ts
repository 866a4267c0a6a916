import type { Address } from '../address.ts';
import { identityNames } from '../identity.ts';
import { listensAt, type Route, type SiteNames } from './site-names.ts';

/** A listener and its clusters (YAML) for Envoy 1.30 or newer, which passes bodies on with its question. */
export function envoyConfig({ origin, check, listen, upstream, routes, madeBy }: SiteNames): string {
  const { host, port, isLoopback } = listensAt(origin);
  const asked = check ?? listen;
  return [
    `# Made by: ${madeBy}`,
    '# Paths are normalised before anybody sees them, so that what is checked is what the server gets.',
    'static_resources:',
    '  listeners:',
    '    - name: appwarrant',
    `      address: { socket_address: { address: ${isLoopback ? host : '0.0.0.0'}, port_value: ${String(port)} } }`,
    '      filter_chains:',
    '        - filters:',
    '            - name: envoy.filters.network.http_connection_manager',
    '              typed_config:',
    '                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    '                stat_prefix: appwarrant',
    '                normalize_path: true',
    '                merge_slashes: true',
    '                path_with_escaped_slashes_action: REJECT_REQUEST',
    '                common_http_protocol_options: { headers_with_underscores_action: REJECT_REQUEST }',
    '                route_config:',
    '                  virtual_hosts:',
    '                    - name: appwarrant',
    `                      domains: ["${host}", "${host}:*"]`,
    '                      routes:',
    ...routes.flatMap(routeLines),
    '                http_filters:',
    ...filterLines(filterName, false, [], asked),
    ...demanding(routes).flatMap(({ capabilities }, index) =>
      filterLines(`${filterName}-${String(index)}`, true, capabilities, asked),
    ),
    '                  - name: envoy.filters.http.router',
    '                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }',
    '  clusters:',
    ...clusterLines('appwarrant-check', asked),
    ...clusterLines('appwarrant-server', upstream),
    '',
  ].join('\n');
}

/** Asks about every request, whatever route somebody adds later; a route that demands something has a filter of its own instead. */
const filterName = 'appwarrant';

function demanding(routes: readonly Route[]): readonly Route[] {
  return routes.filter(({ capabilities }) => capabilities.length > 0);
}

/** What a route demands stands in its filter, and no client can say it. */
function routeLines(route: Route, _index: number, routes: readonly Route[]): readonly string[] {
  const { path } = route;
  const index = demanding(routes).indexOf(route);
  const settings = (name: string, line: string): readonly string[] => [
    `                            ${name}:`,
    '                              "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig',
    `                              ${line}`,
  ];
  return [
    `                        - match: { ${path === '/' ? 'prefix' : 'path_separated_prefix'}: ${JSON.stringify(path)} }`,
    '                          route: { cluster: appwarrant-server }',
    ...(index < 0
      ? []
      : [
          '                          typed_per_filter_config:',
          ...settings(filterName, 'disabled: true'),
          ...settings(`${filterName}-${String(index)}`, 'config: {}'),
        ]),
  ];
}

function filterLines(
  name: string,
  isDisabled: boolean,
  capabilities: readonly string[],
  check: Address,
): readonly string[] {
  const demand =
    capabilities.length === 0
      ? []
      : [
          '                          headers_to_add:',
          `                            - { key: AppWarrant-Require, value: ${JSON.stringify(capabilities.join(' '))} }`,
        ];
  return [
    `                  - name: ${name}`,
    ...(isDisabled ? ['                    disabled: true'] : []),
    '                    typed_config:',
    '                      "@type": type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
    '                      failure_mode_allow: false',
    '                      with_request_body: { max_request_bytes: 16777216, allow_partial_message: false, pack_as_bytes: true }',
    '                      allowed_headers: { patterns: [{ safe_regex: { regex: ".*" } }] }',
    '                      http_service:',
    `                        server_uri: { uri: http://${check.kind === 'unix' ? 'localhost' : `${check.host}:${String(check.port)}`}, cluster: appwarrant-check, timeout: 10s }`,
    '                        path_prefix: /check/envoy',
    ...(demand.length === 0 ? [] : ['                        authorization_request:', ...demand]),
    '                        authorization_response:',
    '                          allowed_upstream_headers:',
    '                            patterns:',
    ...identityNames.map((name) => `                              - { exact: ${name.toLowerCase()} }`),
  ];
}

function clusterLines(name: string, address: Address): readonly string[] {
  const where =
    address.kind === 'unix'
      ? `{ pipe: { path: ${address.path} } }`
      : `{ socket_address: { address: "${address.host}", port_value: ${String(address.port)} } }`;
  return [
    `    - name: ${name}`,
    `      type: ${address.kind === 'unix' ? 'STATIC' : 'STRICT_DNS'}`,
    '      connect_timeout: 2s',
    '      load_assignment:',
    `        cluster_name: ${name}`,
    '        endpoints:',
    `          - lb_endpoints: [{ endpoint: { address: ${where} } }]`,
  ];
}
