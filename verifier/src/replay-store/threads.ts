import { claimIn, slotsFor } from './local-store.ts';
import type { ReplayStore } from './replay-store.ts';
import { createTable, isTable, openTable } from './shared-table.ts';

/** What the threads of a process share, made by one of them and given to the others as `workerData` or in a message. */
export type SharedReplay = {
  readonly type: 'appwarrant/shared-replay/1';
  readonly buffer: SharedArrayBuffer;
};

/**
 * Makes the memory in which the threads of one process remember together which proofs were used (SPEC §10.13): once for a process, 1.7 KB for
 * each request a second that there is room for. Throws `TypeError`.
 */
export function createSharedReplay(options: { readonly requestsPerSecond?: number } = {}): SharedReplay {
  const slots = slotsFor(options.requestsPerSecond);
  return { type: 'appwarrant/shared-replay/1', buffer: createTable(slots, Math.floor(Date.now() / 1000)) };
}

/** The store of one thread over that memory. Throws `TypeError` for anything else: a thread of its own would admit what others have. */
export function sharedReplayStore(shared: SharedReplay): ReplayStore {
  const given = shared as Partial<SharedReplay> | null | undefined;
  if (given?.type !== 'appwarrant/shared-replay/1' || !isTable(given.buffer))
    throw new TypeError('This is not what createSharedReplay() has made.');
  const table = openTable(given.buffer);
  return { claim: async (id, seconds, now) => claimIn(table, id, seconds, now) };
}
