import {
  closeSync,
  constants,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleLimits } from './bundle.ts';
import { Refused } from './refused.ts';

// The state folder (SPEC §7.4): the one place where the verifier writes. Everything in it but the key is an untrusted cache.

export const stateFiles = {
  key: 'deployment-key.pem',
  floor: 'floor.json',
  bundle: 'bundle',
  /** A bundle that is being loaded: written before the floor, renamed after it. */
  incoming: 'bundle.incoming',
  /** There while a process replaces the others. */
  lock: 'loading',
  replay: 'replay',
  /** Which process opened this folder last: only it may leave its nonces to the next. */
  owner: 'replay.owner',
  /** When two processes were seen to check over this folder, each alone. */
  shared: 'replay.shared',
} as const;

export type StateFile = (typeof stateFiles)[keyof typeof stateFiles];

/** Makes the folder when it does not exist yet, for this user alone. Throws `state_unusable`. */
export function makeStateFolder(folder: string): void {
  using(folder, () => {
    // Names of new folders have to survive a power cut as well as what is written into them.
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncFolder(dirname(made));
  });
}

/** A file's bytes, or null when there is none, or one that is too large to be ours. Throws `state_unusable`. */
export function readState(folder: string, file: StateFile): Uint8Array | null {
  return using(folder, () => {
    const size = statSync(join(folder, file), { throwIfNoEntry: false })?.size;
    return size === undefined || size > bundleLimits.packed ? null : readFileSync(join(folder, file));
  });
}

/** What changes when a file is replaced; null when there is none. Throws `state_unusable`. */
export function fingerprintOf(folder: string, file: StateFile): string | null {
  return using(folder, () => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false, bigint: true });
    return stats === undefined ? null : `${stats.dev}.${stats.ino}.${stats.size}.${stats.mtimeNs}`;
  });
}

/** When a file was last replaced, in seconds since 1970; null when there is none. Throws `state_unusable`. */
export function writtenAt(folder: string, file: StateFile): number | null {
  return using(folder, () => {
    const written = statSync(join(folder, file), { throwIfNoEntry: false })?.mtimeMs;
    return written === undefined ? null : Math.max(0, Math.floor(written / 1000));
  });
}

/**
 * Writes a file so that a crash or a power cut leaves the old one or the new one, whole: to a temporary name, fsync, rename, fsync of the
 * folder. When it returns, the new one is on the disk, as far as the disk tells the truth. Throws `state_unusable`.
 */
export function writeState(folder: string, file: StateFile, bytes: Uint8Array): void {
  using(folder, () => {
    const temporary = join(folder, `.${file}.${process.pid}.tmp`);
    rmSync(temporary, { force: true });
    try {
      writeDurably(temporary, bytes);
      renameSync(temporary, join(folder, file));
    } catch (error) {
      // On a full disk, half a file must not take the room of the next try.
      discard(temporary);
      throw error;
    }
    syncFolder(folder);
  });
}

/** Puts one file in the place of another, durably. Throws `state_unusable`. */
export function replaceState(folder: string, from: StateFile, to: StateFile): void {
  using(folder, () => {
    renameSync(join(folder, from), join(folder, to));
    syncFolder(folder);
  });
}

/** Removes a file that may not exist. Throws `state_unusable`. */
export function removeState(folder: string, file: StateFile): void {
  using(folder, () => rmSync(join(folder, file), { force: true }));
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const handle = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
    giveToOwner(dirname(path), handle);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What root writes into the folder of the user that runs the server, that user must be able to read. */
function giveToOwner(folder: string, handle: number): void {
  if (process.getuid?.() !== 0) return;
  try {
    const { uid, gid } = statSync(folder);
    if (uid !== 0) fchownSync(handle, uid, gid);
  } catch {
    // A root without that right leaves it as it is, and `doctor` says whose it is.
  }
}

/** Removes what need not stay, where that can be done. */
function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Why it was to be removed is what has to be told.
  }
}

function syncFolder(folder: string): void {
  // Windows cannot open folders, and makes renames durable in its own way.
  if (process.platform === 'win32') return;
  const handle = openSync(folder, constants.O_RDONLY);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function using<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { code = error, path = folder } = error as NodeJS.ErrnoException;
    throw new Refused('state_unusable', `${path}: ${String(code)}.`);
  }
}
