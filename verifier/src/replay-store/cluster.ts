import { claimIn, slotsFor } from './local-store.ts';
import type { ClaimAnswer, ReplayStore } from './replay-store.ts';
import { createTable, openTable } from './shared-table.ts';

// The workers of node:cluster ask their primary over the channel that they have anyway. The host hands its own `cluster` and `process` in.

/** `node:cluster` of the primary. */
export type ClusterPrimary = {
  readonly on: (event: 'message', heard: (worker: ClusterWorker, message: unknown) => void) => unknown;
};
type ClusterWorker = {
  readonly isConnected: () => boolean;
  readonly send: (message: object, sent: (error: Error | null) => void) => unknown;
};

/** `process` of a worker. */
export type WorkerProcess = {
  readonly connected: boolean;
  readonly send?: (
    message: object,
    handle: undefined,
    options: undefined,
    sent: (error: Error | null) => void,
  ) => unknown;
  readonly on: (event: 'message' | 'disconnect', heard: (message: unknown) => void) => unknown;
};

const asks = 'appwarrant/replay/1 claim';
const tells = 'appwarrant/replay/1 answer';

type Claim = { type: typeof asks; number: number; id: string; seconds: number; now: number };
type Answer = { type: typeof tells; number: number; table: string; answer: ClaimAnswer | null; why: string };

/**
 * In the primary, once, before the first worker: remembers for all workers which proofs were used (SPEC §10.13). Throws `TypeError`.
 */
export function serveReplay(
  cluster: ClusterPrimary,
  options: { readonly requestsPerSecond?: number } = {},
): void {
  const begun = Date.now();
  const table = openTable(createTable(slotsFor(options.requestsPerSecond), Math.floor(begun / 1000)));
  const name = `${String(begun)} ${String(performance.now())}`;
  cluster.on('message', (worker, message) => {
    if (!isOf(message, asks)) return;
    const { number, id, seconds, now } = message as Claim;
    const answer: Answer = { type: tells, number, table: name, answer: null, why: '' };
    try {
      answer.answer = claimIn(table, id, seconds, now);
    } catch (error) {
      answer.why = error instanceof Error ? error.message : '';
    }
    // A worker that has ended meanwhile needs no answer.
    if (worker.isConnected()) worker.send(answer, () => undefined);
  });
}

/** Beyond that, a primary that does not answer would fill the memory of those who wait for it. */
const mostPending = 4096;

/** In a worker, once: the store over the primary's memory. `worker` is its `process`; `TypeError` where that is no worker's. */
export function clusterReplayStore(worker: WorkerProcess): ReplayStore {
  const { send } = worker;
  if (send === undefined) throw new TypeError('This process is no worker of a cluster.');
  const pending = new Map<
    number,
    { resolve: (answer: ClaimAnswer) => void; reject: (error: Error) => void }
  >();
  let last = 0;
  let known: string | undefined;
  worker.on('message', (message) => {
    if (!isOf(message, tells)) return;
    const { number, table, answer, why } = message as Answer;
    const waiting = pending.get(number);
    pending.delete(number);
    const isNew = known !== undefined && known !== table;
    known = table;
    if (answer === null) waiting?.reject(new Error(why));
    else waiting?.resolve(isNew ? 'forgotten' : answer);
  });
  worker.on('disconnect', () => {
    for (const { reject } of pending.values()) reject(new Error('The primary is gone.'));
    pending.clear();
  });
  return {
    claim: (id, seconds, now) =>
      new Promise((resolve, reject) => {
        if (!worker.connected) throw new Error('The primary is gone.');
        if (pending.size >= mostPending) throw new Error('The primary does not answer.');
        last += 1;
        const number = last;
        pending.set(number, { resolve, reject });
        const claim: Claim = { type: asks, number, id, seconds, now };
        send.call(worker, claim, undefined, undefined, (error) => {
          if (error === null) return;
          pending.delete(number);
          reject(error);
        });
      }),
  };
}

function isOf(message: unknown, type: string): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === type;
}
