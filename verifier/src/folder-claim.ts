import { attempt, nullIfRefused } from './attempt.ts';
import { randomBytes } from './crypto.ts';
import { toHex } from './digest.ts';
import { Refused } from './refused.ts';
import { readState, stateFiles, writeState, writtenAt, type StateFile } from './state-folder.ts';
import { timeOf, type Time } from './time.ts';

// Where nonces are not shared, one process checks for one state folder (SPEC §10.8): two would each admit a request once. A rolling restart
// has two for a while, so a second one is no fault; that both go on is, and somebody has to be told.

/** A process's mark on its state folder. */
export type FolderClaim = {
  /** Whether nobody has opened the folder since. */
  readonly isLast: () => boolean;
  /** To be called by whoever decides a request alone: tells where another process has opened the folder since, and this one goes on. Throws nothing. */
  readonly decides: () => void;
};

/** How long two processes may overlap, how often it is looked, and how often it is told, in milliseconds. */
const [overlap, look, again] = [120_000, 2_000, 600_000];

/** Marks the folder as opened by this process, for an origin; `tell` is given a line for the log. On a disk that takes no mark nobody is the last. */
export function claimFolder(folder: string, origin: string, tell: (line: string) => void): FolderClaim {
  const mark = `${toHex(randomBytes(16))} ${origin}`;
  const found = (): string | null =>
    nullIfRefused(() => Buffer.from(readState(folder, stateFiles.owner) ?? []).toString());
  const write = (file: StateFile): unknown => attempt(() => writeState(folder, file, Buffer.from(mark)));
  let next = write(stateFiles.owner) instanceof Refused ? Infinity : 0;
  let taken: number | undefined;
  return {
    isLast: () => found() === mark,
    decides: () => {
      const now = performance.now();
      if (now < next) return;
      next = now + look;
      if (taken === undefined) {
        const last = found() ?? mark;
        // For another origin is no harm: no proof is good for both.
        if (last !== mark && last.endsWith(` ${origin}`)) taken = now;
      } else if (now - taken > overlap) {
        next = now + again;
        write(stateFiles.shared);
        tell(
          `Another process has opened ${folder}, and this one still checks: each admits a captured request once. Keep one, or share a replayStore.`,
        );
      }
    },
  };
}

/** When two processes were last seen to check over this folder, each alone; null where nobody saw it within a day of `now` (milliseconds). Throws nothing. */
export function sharedAt(folder: string, now: number): Time | null {
  const seen = nullIfRefused(() => writtenAt(folder, stateFiles.shared));
  if (seen === null || Math.abs(now / 1000 - seen) > 86_400) return null;
  return timeOf(seen);
}
