import { NotUnderstood } from '../cli/arguments.ts';
import type { Given } from '../cli/command.ts';
import { isOrigin } from '../origin.ts';
import { readListen, readUpstream, type Address } from './address.ts';
import { readRedisOptions, type RedisOptions } from './redis-options.ts';

/** What the sidecar is told when it starts. */
export type ServeOptions = {
  readonly state: string;
  readonly origin: string;
  /** Where proxies ask; null where there is the reverse-proxy mode alone. */
  readonly check: Address | null;
  /** The reverse-proxy mode. */
  readonly proxy: { readonly listen: Address; readonly upstream: Address } | null;
  readonly status: Address | null;
  readonly redis: RedisOptions | null;
  readonly exempt: ReadonlySet<string>;
  readonly browserOrigins: ReadonlySet<string>;
  /** In milliseconds, each. */
  readonly bodySilence: number;
  readonly upstreamSilence: number;
  readonly drain: number;
  readonly log: 'json' | 'text';
};

/** Throws `NotUnderstood`, and `Unreadable` where a file that is named cannot be read. */
export function readServeOptions({ state, origin, serving }: Given): ServeOptions {
  const one = (name: string): string | undefined => serving.get(name)?.[0];
  const all = (name: string): readonly string[] => serving.get(name) ?? [];
  const address = (name: string): Address | null => {
    const text = one(name);
    return text === undefined ? null : readListen(name, text);
  };
  const listen = readListen('listen', one('listen') ?? '');
  const upstream = one('upstream');
  const check = address('check');
  if (upstream === undefined && check !== null)
    throw new NotUnderstood('--check goes with --upstream; without it, proxies ask where --listen says.');
  const status = address('status');
  if (status?.kind === 'unix')
    throw new NotUnderstood('--status takes a loopback address such as 127.0.0.1:9090.');
  const log = one('log') ?? 'json';
  if (log !== 'json' && log !== 'text') throw new NotUnderstood('--log takes json or text.');
  for (const path of all('exempt')) requirePath(path);
  for (const page of all('browser-origin'))
    if (!isOrigin(page))
      throw new NotUnderstood('--browser-origin takes an origin such as https://app.example.');
  return {
    state,
    origin: origin ?? '',
    check: upstream === undefined ? listen : check,
    proxy: upstream === undefined ? null : { listen, upstream: readUpstream(upstream) },
    status,
    redis: readRedisOptions(one),
    exempt: new Set(all('exempt')),
    browserOrigins: new Set(all('browser-origin')),
    bodySilence: readSeconds('body-silence', one('body-silence'), 30, 30),
    upstreamSilence: readSeconds('upstream-silence', one('upstream-silence'), 60, 3600),
    drain: readSeconds('drain', one('drain'), 25, 3600),
    log,
  };
}

/** A path is compared whole; one with a query or a star would never be met, and somebody would believe it is. */
function requirePath(path: string): void {
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[?#*]/.test(path))
    throw new NotUnderstood('--exempt takes a path such as /healthz, whole and exact: no query and no star.');
}

function readSeconds(option: string, text: string | undefined, usual: number, most: number): number {
  if (text === undefined) return usual * 1000;
  const seconds = /^[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : 0;
  if (!(seconds > 0 && seconds <= most))
    throw new NotUnderstood(`--${option} takes seconds, above 0 and at most ${String(most)}.`);
  return seconds * 1000;
}
