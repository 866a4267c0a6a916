import type { IncomingMessage, ServerResponse } from 'node:http';
import { whyNotActivated } from '../cli/folder-refusal.ts';
import { deferred } from '../deferred.ts';
import { createMetrics } from '../metrics.ts';
import { openVerifier, type Verifier } from '../open-verifier.ts';
import type { Refused } from '../refused.ts';
import { redisReplayStore } from '../replay-store/redis.ts';
import { statusLine, type Status } from '../status.ts';
import { textOf, type Address } from './address.ts';
import { answerProxy } from './auth-mode.ts';
import { listenAt, type Listener } from './listen.ts';
import { passOn } from './proxy-mode.ts';
import type { ServeOptions } from './serve-options.ts';
import type { Sidecar, Trouble } from './sidecar.ts';
import { rememberRecent } from './status/recent.ts';
import { answerOperator, type StatusSources } from './status/server.ts';
import { watchSite } from './status/snapshot.ts';
import { openLog, type Log } from './tell.ts';
import { openUpstream, type Upstream } from './upstream.ts';
import { watchRedis, type WatchedRedis } from './watched-redis.ts';

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
  const onTrouble = (trouble: Trouble): void => {
    log.trouble(trouble);
    if (trouble.kind === 'fault') return;
    const { code, message } = trouble.refused;
    const { method = '', target = '' } = trouble.request ?? {};
    const [path = ''] = target.split('?');
    recent.add({ code, message, request: `${method} ${path}`.trim(), app: null, admitted: false });
  };
  const listeners: Listeners = {};
  const upstream =
    options.proxy === null ? null : openUpstream(options.proxy.upstream, options.upstreamSilence);
  let isEnding = false;
  let verifier: Verifier | undefined;
  let redis: WatchedRedis | undefined;
  // Requests may come before the state folder is open: they wait.
  const opened = deferred<Opened>();
  try {
    // Before the state folder is opened: a second one, whose place is taken, must leave no mark on the first one's folder.
    await listenEverywhere(options, listeners, { opened: opened.promise, upstream, onTrouble });
    redis = options.redis === null ? undefined : watchRedis(options.redis, log);
    const status = (): Status => running.status();
    const metrics = createMetrics(status);
    // The first line is said when it is ready.
    let isOpen = false;
    const running = (verifier = openVerifier({
      stateDir: options.state,
      origin: options.origin,
      log: (line) => isOpen && log.say('warn', 'verifier', line),
      onVerdict(verdict) {
        metrics.onVerdict(verdict);
        recent.note(verdict);
        log.verdict(verdict);
      },
      ...(redis !== undefined && { replayStore: redisReplayStore(redis.connection) }),
    }));
    isOpen = true;
    const problem = (): string | null => status().problem?.code ?? redis?.problem() ?? null;
    const listens = (): readonly string[] => all(listeners).map(({ at }) => at);
    opened.resolve({
      sidecar: { ...options, verifier, onTrouble, isEnding: () => isEnding },
      sources: {
        snapshot: watchSite({ ...options, status, recent, startedAt, listens }),
        problem,
        metrics: metrics.text,
        isEnding: () => isEnding,
        onFault: (error: unknown) => onTrouble({ kind: 'fault', error }),
      },
    });
    // Whoever reads that it is ready may tell it to stop at once.
    const told = untilTold();
    await redis?.tried;
    sayReady(log, options, { status: status(), problem: problem() }, listeners);
    const signal = await told;
    isEnding = true;
    const drained = drain(all({ ...listeners, statusPage: undefined }), options.drain);
    log.say('info', 'stopping', 'Told to stop: requests that are under way are answered first.', { signal });
    await drained;
  } finally {
    await Promise.all(all(listeners).map(endNow));
    upstream?.close();
    verifier?.close();
    redis?.connection.close();
  }
  log.say('info', 'stopped', 'Stopped.');
}

/** What answers, once the state folder is open. */
type Opened = { readonly sidecar: Sidecar; readonly sources: StatusSources };

/** Listens wherever it was told to, and puts what listens into `listeners` one after the other. Rejects with `Unusable`. */
async function listenEverywhere(
  { check, proxy, status }: ServeOptions,
  listeners: Listeners,
  {
    opened,
    upstream,
    onTrouble,
  }: {
    readonly opened: Promise<Opened>;
    readonly upstream: Upstream | null;
    readonly onTrouble: (trouble: Trouble) => void;
  },
): Promise<void> {
  const onUnreadable = (refused: Refused): void => onTrouble({ kind: 'refused', refused, request: null });
  const start = (
    at: Address,
    answer: (opened: Opened, ...about: Exchange) => Promise<void>,
  ): Promise<Listener> =>
    listenAt(at, {
      onRequest: (...about) => void opened.then((now) => answer(now, ...about)),
      onUnreadable,
    });
  if (check !== null)
    listeners.check = await start(check, ({ sidecar }, ...about) => answerProxy(sidecar, ...about));
  if (proxy !== null && upstream !== null)
    listeners.proxy = await start(proxy.listen, ({ sidecar }, ...about) =>
      passOn(sidecar, upstream, ...about),
    );
  if (status !== null)
    listeners.statusPage = await start(status, ({ sources }, ...about) => answerOperator(sources, ...about));
}

type Exchange = [request: IncomingMessage, response: ServerResponse];

function all({ check, proxy, statusPage }: Listeners): readonly Listener[] {
  return [check, proxy, statusPage].flatMap((listener) => listener ?? []);
}

function sayReady(
  log: Log,
  { proxy: passing, state }: ServeOptions,
  { status, problem }: { readonly status: Status; readonly problem: string | null },
  { check, proxy, statusPage }: Listeners,
): void {
  // A stored bundle that does not count is the reason, and has advice of its own; so has a folder without a key.
  const { lastRefusal } = status;
  const unusable = problem === 'not_activated' ? whyNotActivated(state) : null;
  const refusal = unusable ?? lastRefusal;
  const why = refusal === null ? '' : ` · ${refusal.code}: ${refusal.message}`;
  log.say(problem === null ? 'info' : 'warn', 'ready', `${statusLine(status)}${why}`, {
    check: check?.at ?? null,
    proxy: proxy?.at ?? null,
    upstream: passing === null ? null : textOf(passing.upstream),
    statusPage: statusPage === undefined ? null : `http://${statusPage.at}/`,
    problem,
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
  const closed = listener.close();
  listener.drop();
  await closed;
}
