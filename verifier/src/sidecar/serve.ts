import { openVerifier, type Verifier } from '../open-verifier.ts';
import type { Refused } from '../refused.ts';
import { statusLine } from '../status.ts';
import type { Verdict } from '../verdict.ts';
import { textOf } from './address.ts';
import { answerProxy } from './auth-mode.ts';
import { listenAt, type Listener } from './listen.ts';
import { openLog, type Log } from './log.ts';
import { passOn } from './proxy-mode.ts';
import type { ServeOptions } from './serve-options.ts';
import type { Sidecar, Trouble } from './sidecar.ts';
import { openUpstream } from './upstream.ts';

/** Serves until SIGTERM or SIGINT, and ends what is under way. Rejects with `Unusable` and `Refused` where it cannot start. */
export async function serve(options: ServeOptions): Promise<void> {
  const log = openLog(options.log, (line) => void process.stdout.write(line), Date.now);
  const verifier = openVerifier({
    stateDir: options.state,
    origin: options.origin,
    log: () => undefined,
    onVerdict: (verdict) => tellVerdict(log, verdict),
  });
  const listeners: Listener[] = [];
  let isEnding = false;
  const sidecar: Sidecar = {
    ...options,
    verifier,
    onTrouble: (trouble) => tellTrouble(log, trouble),
    isEnding: () => isEnding,
  };
  const upstream =
    options.proxy === null ? null : openUpstream(options.proxy.upstream, options.upstreamSilence);
  const onUnreadable = (refused: Refused): void =>
    tellTrouble(log, { kind: 'refused', refused, request: null });
  try {
    if (options.check !== null) {
      const onRequest = (
        ...[question, answer]: Parameters<typeof answerProxy> extends [unknown, ...infer R] ? R : never
      ): void => void answerProxy(sidecar, question, answer);
      listeners.push(await listenAt(options.check, { onRequest, onUnreadable }));
    }
    if (options.proxy !== null && upstream !== null) {
      listeners.push(
        await listenAt(options.proxy.listen, {
          onRequest: (request, response) => void passOn(sidecar, upstream, request, response),
          onUnreadable,
        }),
      );
    }
    sayReady(log, options, verifier, listeners);
    const signal = await untilTold();
    isEnding = true;
    const drained = drain(listeners, options.drain);
    log('info', 'stopping', 'Told to stop: requests that are under way are answered first.', { signal });
    await drained;
  } finally {
    await Promise.all(listeners.map((listener) => endNow(listener)));
    upstream?.close();
    verifier.close();
  }
  log('info', 'stopped', 'Stopped.');
}

function sayReady(log: Log, options: ServeOptions, verifier: Verifier, listeners: readonly Listener[]): void {
  const status = verifier.status();
  const [first, second] = listeners.map(({ at }) => at);
  log(status.problem === null ? 'info' : 'warn', 'ready', statusLine(status), {
    check: options.check === null ? null : (first ?? null),
    proxy: options.proxy === null ? null : ((options.check === null ? first : second) ?? null),
    upstream: options.proxy === null ? null : textOf(options.proxy.upstream),
    problem: status.problem?.code ?? null,
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

function tellVerdict(log: Log, verdict: Verdict): void {
  const { code, outcome, request, app, partner, claimed, grant, status, message } = verdict;
  if (code === null) return;
  const who = app === null || partner === null ? claimed : { app, partner };
  log(outcome === 'refused' ? 'warn' : 'info', outcome, message, {
    code,
    status,
    method: request?.method ?? null,
    target: request?.target ?? null,
    app: who?.app.id ?? null,
    partner: who?.partner.id ?? null,
    proven: app !== null,
    grant,
  });
}

function tellTrouble(log: Log, trouble: Trouble): void {
  if (trouble.kind === 'fault') {
    const { error } = trouble;
    const says = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    log('error', 'fault', `A fault of this program, tell the vendor: ${says}`);
    return;
  }
  const { refused, request } = trouble;
  log('warn', 'trouble', refused.message, {
    code: refused.code,
    status: refused.status,
    method: request?.method ?? null,
  });
}
