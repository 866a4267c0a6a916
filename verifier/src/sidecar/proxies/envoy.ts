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
    ...routes.flatMap((route, index) => filterLines(route, index, asked)),
    '                  - name: envoy.filters.http.router',
    '                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }',
    '  clusters:',
    ...clusterLines('appwarrant-check', asked),
    ...clusterLines('appwarrant-server', upstream),
    '',
  ].join('\n');
}

/** Each route switches its own filter on: what a route demands stands in the filter, and no client can say it. */
function routeLines({ path }: Route, index: number): readonly string[] {
  return [
    `                        - match: { ${path === '/' ? 'prefix' : 'path_separated_prefix'}: ${JSON.stringify(path)} }`,
    '                          route: { cluster: appwarrant-server }',
    '                          typed_per_filter_config:',
    `                            appwarrant-${String(index)}:`,
    '                              "@type": type.googleapis.com/envoy.config.route.v3.FilterConfig',
    '                              config: {}',
  ];
}

function filterLines({ capabilities }: Route, index: number, check: Address): readonly string[] {
  const demand =
    capabilities.length === 0
      ? []
      : [
          '                          headers_to_add:',
          `                            - { key: AppWarrant-Require, value: ${JSON.stringify(capabilities.join(' '))} }`,
        ];
  return [
    `                  - name: appwarrant-${String(index)}`,
    '                    disabled: true',
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
