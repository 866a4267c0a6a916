import { whyNotActivated } from '../cli/folder-refusal.ts';
import { createMetrics } from '../metrics.ts';
import { openVerifier, type Verifier } from '../open-verifier.ts';
import type { Refused } from '../refused.ts';
import { redisReplayStore } from '../replay-store/redis.ts';
import { statusLine } from '../status.ts';
import { textOf } from './address.ts';
import { answerProxy } from './auth-mode.ts';
import { listenAt, type Handlers, type Listener } from './listen.ts';
import { passOn } from './proxy-mode.ts';
import { connectRedis, type RedisConnection } from './redis-client.ts';
import type { RedisOptions } from './redis-options.ts';
import type { ServeOptions } from './serve-options.ts';
import type { Sidecar, Trouble } from './sidecar.ts';
import { rememberRecent } from './status/recent.ts';
import { answerOperator } from './status/server.ts';
import { watchSite } from './status/snapshot.ts';
import { openLog, type Log } from './tell.ts';
import { openUpstream } from './upstream.ts';

/** What listens: for the proxy's questions, for requests, for the operator. */
type Listeners = {
  check?: Listener | undefined;
  proxy?: Listener | undefined;
  statusPage?: Listener | undefined;
};

/** Serves until SIGTERM or SIGINT, and ends what is under way. Rejects with `Unusable` and `Refused` where it cannot start. */
export async function serve(options: ServeOptions): Promise<void> {
  const log = openLog(options.log, (line) => void process.stdout.write(line), Date.now);
  const seconds = (): number => Math.floor(Date.now() / 1000);
  const recent = rememberRecent(seconds);
  const startedAt = seconds();
  const metrics = createMetrics(() => verifier.status());
  const redis = options.redis === null ? null : openRedis(options.redis, log);
  // The first line is said when it listens.
  let isOpen = false;
  const verifier = openVerifier({
    stateDir: options.state,
    origin: options.origin,
    log: (line) => isOpen && log.say('warn', 'verifier', line),
    onVerdict(verdict) {
      metrics.onVerdict(verdict);
      recent.note(verdict);
      log.verdict(verdict);
    },
    ...(redis !== null && { replayStore: redisReplayStore(redis) }),
  });
  isOpen = true;
  const onTrouble = (trouble: Trouble): void => {
    log.trouble(trouble);
    if (trouble.kind === 'fault') return;
    const { code, message } = trouble.refused;
    const { method = '', target = '' } = trouble.request ?? {};
    const [path = ''] = target.split('?');
    recent.add({ code, message, request: `${method} ${path}`.trim(), app: null, admitted: false });
  };
  const onUnreadable = (refused: Refused): void => onTrouble({ kind: 'refused', refused, request: null });
  const listeners: Listeners = {};
  const upstream =
    options.proxy === null ? null : openUpstream(options.proxy.upstream, options.upstreamSilence);
  let isEnding = false;
  const sidecar: Sidecar = { ...options, verifier, onTrouble, isEnding: () => isEnding };
  try {
    const start = (at: Parameters<typeof listenAt>[0], onRequest: Handlers['onRequest']): Promise<Listener> =>
      listenAt(at, { onRequest, onUnreadable });
    if (options.check !== null)
      listeners.check = await start(options.check, (...about) => void answerProxy(sidecar, ...about));
    if (options.proxy !== null && upstream !== null)
      listeners.proxy = await start(
        options.proxy.listen,
        (...about) => void passOn(sidecar, upstream, ...about),
      );
    if (options.status !== null) {
      const status = (): ReturnType<Verifier['status']> => verifier.status();
      const listens = (): readonly string[] => all(listeners).map(({ at }) => at);
      const sources = {
        snapshot: watchSite({ ...options, status, recent, startedAt, listens }),
        status,
        metrics: metrics.text,
        isEnding: () => isEnding,
        onFault: (error: unknown) => onTrouble({ kind: 'fault', error }),
      };
      listeners.statusPage = await start(
        options.status,
        (...about) => void answerOperator(sources, ...about),
      );
    }
    // Whoever reads that it is ready may tell it to stop at once.
    const told = untilTold();
    sayReady(log, options, verifier, listeners);
    const signal = await told;
    isEnding = true;
    const drained = drain(all({ ...listeners, statusPage: undefined }), options.drain);
    log.say('info', 'stopping', 'Told to stop: requests that are under way are answered first.', { signal });
    await drained;
  } finally {
    await Promise.all(all(listeners).map(endNow));
    upstream?.close();
    verifier.close();
    redis?.close();
  }
  log.say('info', 'stopped', 'Stopped.');
}

/** Whoever runs it hears at once that it cannot be reached, and why, and not with the first request that is refused for it. */
function openRedis({ address, secure }: RedisOptions, log: Log): RedisConnection {
  return connectRedis(address, {
    secure,
    onChange: (problem) =>
      problem === null
        ? log.say('info', 'redis', 'Redis is connected.')
        : log.say('warn', 'redis', `There is no connection to Redis: ${problem}`),
  });
}

function all({ check, proxy, statusPage }: Listeners): readonly Listener[] {
  return [check, proxy, statusPage].flatMap((listener) => listener ?? []);
}

function sayReady(
  log: Log,
  { proxy: passing, state }: ServeOptions,
  verifier: Verifier,
  { check, proxy, statusPage }: Listeners,
): void {
  const status = verifier.status();
  // A stored bundle that does not count is the reason, and has advice of its own; so has a folder without a key.
  const { lastRefusal, problem } = status;
  const unusable = problem?.code === 'not_activated' ? whyNotActivated(state) : null;
  const refusal = unusable ?? lastRefusal;
  const why = refusal === null ? '' : ` · ${refusal.code}: ${refusal.message}`;
  log.say(problem === null ? 'info' : 'warn', 'ready', `${statusLine(status)}${why}`, {
    check: check?.at ?? null,
    proxy: proxy?.at ?? null,
    upstream: passing === null ? null : textOf(passing.upstream),
    statusPage: statusPage === undefined ? null : `http://${statusPage.at}/`,
    problem: problem?.code ?? null,
    because: lastRefusal?.code ?? null,
  });
}

/** Resolves with the name of the signal that ends the program. */
function untilTold(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
}

/** Takes nothing new, and waits until what is under way has ended, or for `most` milliseconds. */
async function drain(listeners: readonly Listener[], most: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, most);
  });
  await Promise.race([Promise.all(listeners.map((listener) => listener.close())), late]);
  clearTimeout(timer);
}

async function endNow(listener: Listener): Promise<void> {
  listener.server.closeAllConnections();
  await listener.close();
}
