import { isOrigin } from '../origin.ts';
import { capabilityPattern } from '../ids.ts';
import { readListen, readUpstream } from '../sidecar/address.ts';
import { caddyConfig } from '../sidecar/proxies/caddy.ts';
import { envoyConfig } from '../sidecar/proxies/envoy.ts';
import { nginxConfig } from '../sidecar/proxies/nginx.ts';
import { traefikConfig } from '../sidecar/proxies/traefik.ts';
import type { Route, SiteNames } from '../sidecar/proxies/site-names.ts';
import { NotUnderstood } from './arguments.ts';
import type { Command, Given } from './command.ts';
import { programName } from './program.ts';

const proxies: ReadonlyMap<string, (site: SiteNames) => string> = new Map([
  ['nginx', nginxConfig],
  ['caddy', caddyConfig],
  ['traefik', traefikConfig],
  ['envoy', envoyConfig],
]);

/** Prints the configuration of a proxy. Standard output is the configuration alone. */
export const proxyConfig: Command = {
  name: 'proxy-config',
  files: ['PROXY'],
  options: ['origin', 'listen', 'check', 'upstream', 'route', 'json'],
  needs: ['origin', 'listen', 'upstream'],
  about: 'prints the configuration of nginx, caddy, traefik or envoy for serve',
  help: [
    'Prints ready configuration for nginx, caddy, traefik or envoy, with your own names filled in. Give it the same --origin, --listen, --check and --upstream as serve.',
    'With --check, nginx and Caddy ask about each request and pass it on themselves, and only those with a body go through the sidecar; without it, all do. Traefik and Envoy always ask, and pass bodies on.',
    '--route /orders=orders:read has /orders and everything below it demand that capability. It is coarse: what the server itself routes, it had better judge by AppWarrant-Capabilities.',
  ],
  run(given) {
    const [proxy = ''] = given.files;
    const render = proxies.get(proxy);
    if (render === undefined)
      throw new NotUnderstood(`PROXY is ${[...proxies.keys()].join(', ')}, and not "${proxy.slice(0, 40)}".`);
    const names = namesOf(given, proxy);
    if (
      proxy === 'traefik' &&
      [names.check ?? names.listen, names.upstream].some(({ kind }) => kind === 'unix')
    )
      throw new NotUnderstood('Traefik speaks to addresses such as 127.0.0.1:8081, and to no sockets.');
    const text = render(names);
    return {
      exit: 0,
      lines: text.trimEnd().split('\n'),
      json: { type: 'appwarrant/proxy-config/1', proxy, text },
    };
  },
};

function namesOf({ origin, serving }: Given, proxy: string): SiteNames {
  const one = (name: string): string | undefined => serving.get(name)?.[0];
  if (origin === null || !isOrigin(origin))
    throw new NotUnderstood('--origin takes scheme://host[:port], as the licence has it.');
  const check = one('check');
  const texts = [...serving].flatMap(([name, values]) => values.map((value) => `--${name} ${value}`));
  return {
    origin,
    listen: readListen('listen', one('listen') ?? ''),
    check: check === undefined ? null : readListen('check', check),
    upstream: readUpstream(one('upstream') ?? ''),
    routes: routesOf(serving.get('route') ?? []),
    madeBy: [programName(), 'proxy-config', proxy, '--origin', origin, ...texts].join(' '),
  };
}

/** The longest first, as proxies choose; what no route names demands nothing but an approved app. */
function routesOf(given: readonly string[]): readonly Route[] {
  const routes = new Map<string, readonly string[]>([['/', []]]);
  for (const text of given) {
    const [, path, list = ''] = /^(\/[A-Za-z0-9/._~-]*)=(.+)$/.exec(text) ?? [];
    const capabilities = list.split(',');
    if (path === undefined || !capabilities.every((each) => capabilityPattern.test(each)))
      throw new NotUnderstood('--route takes a path and what it demands, such as /orders=orders:read.');
    routes.set(path.replace(/(?<=.)\/$/, ''), capabilities);
  }
  return [...routes]
    .map(([path, capabilities]) => ({ path, capabilities }))
    .toSorted((a, b) => b.path.length - a.path.length);
}
