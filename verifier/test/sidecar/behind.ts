import { join } from 'node:path';
import { runProgram, makePackage } from '../state/vendor-package.ts';
import type { Site } from '../state/site.ts';
import { freePort, startCaddy, startNginx } from './real-proxies.ts';
import { lastingFolder, loadedSite, startSidecar, startUpstream, type Running } from './start.ts';

type Given = {
  readonly routes?: readonly string[];
  readonly serve?: readonly string[];
  /** Whether the proxy asks, as with `--check`; else everything goes through the sidecar. */
  readonly asks?: boolean;
  readonly upstream?: Parameters<typeof startUpstream>[0];
  readonly edit?: (config: string) => string;
};

/** A server behind a sidecar beside a real proxy, configured with what `proxy-config` prints; every process is real. */
export async function startBehind(proxy: 'nginx' | 'caddy', given: Given = {}) {
  const { routes = ['/orders=orders:read', '/admin/=admin'], serve = [], asks = true } = given;
  const port = await freePort();
  const origin = `http://127.0.0.1:${String(port)}`;
  const site = loadedSite(origin);
  const program = lastingFolder(makePackage(site.vendor));
  const sockets = lastingFolder();
  const [listen, check] = ['proxy.sock', 'check.sock'].map((name) => `unix:${join(sockets, name)}`);
  const upstream = await startUpstream(given.upstream, { maxHeaderSize: 65_536 });
  const shared = [
    '--listen',
    listen ?? '',
    ...(asks ? ['--check', check ?? ''] : []),
    '--upstream',
    upstream.url,
  ];
  const sidecar = await startSidecar(site, [...shared, ...serve], program);
  const routing = routes.flatMap((route) => ['--route', route]);
  const printed = runProgram(program, ['proxy-config', proxy, '--origin', origin, ...shared, ...routing]);
  if (printed.status !== 0) throw new Error(printed.stderr);
  const config = given.edit?.(printed.stdout) ?? printed.stdout;
  const front = proxy === 'nginx' ? await startNginx(config, port) : await startCaddy(config, port);
  return {
    site,
    port,
    config,
    front,
    sidecar,
    upstream,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await sidecar[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
    },
  } satisfies { readonly site: Site; readonly sidecar: Running } & Record<PropertyKey, unknown>;
}
