import { randomBytes } from './crypto.ts';
import type { FolderClaim } from './folder-claim.ts';
import { createReplayTable, restoreReplayTable, type ReplayTable } from './http/replay.ts';
import { readState, removeState, stateFiles } from './state-folder.ts';

export type OpenedReplay = {
  readonly table: ReplayTable;
  readonly startedAt: number | null;
  /** Whether the table knows every nonce of this folder that can still come again, so that the next process may rely on it. */
  readonly isWhole: () => boolean;
};

/** Longer than any nonce has to be remembered, in milliseconds. */
const longestMemory = 120_000;

/**
 * The nonces that were used before the restart, as the last process left them. They are consumed at once: a process that dies without
 * closing leaves none, and the next one refuses what was signed before its own start (SPEC §10.8). Where processes overlap, as in a
 * rolling restart, no table is whole: the one that opened later did not see what the other admitted, and the other leaves nothing.
 `now` is in milliseconds.
 */
export function openReplay(folder: string, now: number, claim: FolderClaim): OpenedReplay {
  const saved = readState(folder, stateFiles.replay);
  removeState(folder, stateFiles.replay);
  const { isLast } = claim;
  const begun = performance.now();
  const kept = saved === null ? undefined : restoreReplayTable(saved);
  if (kept !== undefined) return { table: kept, startedAt: null, isWhole: isLast };
  const usedBefore = [stateFiles.floor, stateFiles.bundle].some((file) => readState(folder, file) !== null);
  return {
    table: createReplayTable(randomBytes(32)),
    startedAt: usedBefore ? now : null,
    isWhole: () => isLast() && (!usedBefore || performance.now() - begun > longestMemory),
  };
}
