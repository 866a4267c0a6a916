import { textOf, type Address } from '../address.ts';
import { identityNames } from '../identity.ts';
import { listensAt, questionFor, type SiteNames } from './site-names.ts';

/** Dynamic configuration (YAML) for Traefik 3.3 or newer, which passes bodies on with its question. */
export function traefikConfig({ origin, check, listen, upstream, routes, madeBy }: SiteNames): string {
  const { host, isTls } = listensAt(origin);
  const asked = check ?? listen;
  const name = (index: number): string => `appwarrant-${String(index)}`;
  return [
    `# Made by: ${madeBy}`,
    '# trustForwardHeader stays false, or clients say themselves what they asked for. No middleware before it may rewrite the path.',
    'http:',
    '  middlewares:',
    '    # Nobody opens a tunnel past the check, or has the fields taken out that say who he is.',
    '    appwarrant-plain:',
    '      headers:',
    '        customRequestHeaders:',
    '          Connection: ""',
    '          Upgrade: ""',
    ...routes.flatMap((route, index) => [
      `    ${name(index)}:`,
      '      forwardAuth:',
      `        address: ${JSON.stringify(`${urlOf(asked)}${questionFor('traefik', route)}`)}`,
      '        trustForwardHeader: false',
      '        forwardBody: true',
      '        maxBodySize: 16777216',
      '        authResponseHeaders:',
      ...identityNames.map((each) => `          - ${each}`),
    ]),
    '  routers:',
    ...routes.flatMap((route, index) => {
      const path =
        route.path === '/' ? '' : ` && (Path(\`${route.path}\`) || PathPrefix(\`${route.path}/\`))`;
      return [
        `    ${name(index)}:`,
        `      rule: ${JSON.stringify(`Host(\`${host}\`)${path}`)}`,
        '      service: appwarrant-server',
        `      middlewares: [appwarrant-plain, ${name(index)}]`,
        ...(isTls ? ['      tls: {}'] : []),
      ];
    }),
    '  services:',
    '    appwarrant-server:',
    '      loadBalancer:',
    '        passHostHeader: true',
    '        servers:',
    `          - url: ${JSON.stringify(urlOf(upstream))}`,
    '',
  ].join('\n');
}

function urlOf(address: Address): string {
  return `http://${textOf(address)}`;
}
