import { linkSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from './crypto.ts';
import { toHex } from './digest.ts';
import { stateFiles } from './state-folder.ts';

// One process at a time replaces what a state folder holds (SPEC §7.2). Floor and bundle are two files: processes that write them at
// once would leave the floor of one beside the bundle of another, and undo what the third was told is loaded.

/** Longer than any process holds the lock, in milliseconds. An older one was left behind, whoever by. */
const longest = 30_000;
const pause = 10;

/**
 * Does something while no other process replaces what the folder holds. Waits for whoever is at it; who has died is not waited for.
 * Where nothing can be written no lock can be had: `act` goes without, for it will not be able to write either.
 */
export function inTurn<T>(folder: string, act: () => T): T {
  const file = join(folder, stateFiles.lock);
  const mark = `${scope()} ${process.pid} ${toHex(randomBytes(8))}`;
  const until = performance.now() + 2 * longest;
  let locked = tryLock(file, mark);
  while (locked === 'taken' && performance.now() < until) {
    if (!isLeftBehind(file)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    else if (!removed(file)) break;
    locked = tryLock(file, mark);
  }
  try {
    return act();
  } finally {
    if (locked === 'mine' && readMark(file) === mark) removed(file);
  }
}

/** Whether another process is at it at this moment. */
export function isTaken(folder: string): boolean {
  const file = join(folder, stateFiles.lock);
  return readMark(file) !== undefined && !isLeftBehind(file);
}

/** By a link to a file that says who it is: it is there with that, or not at all, whenever a process dies. */
function tryLock(file: string, mark: string): 'mine' | 'taken' | 'impossible' {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, mark, { mode: 0o600 });
    linkSync(temporary, file);
    return 'mine';
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return code === 'EEXIST' ? 'taken' : 'impossible';
  } finally {
    removed(temporary);
  }
}

/** Who took it runs no more, as far as that can be seen from here; or has held it for longer than anybody does. */
function isLeftBehind(file: string): boolean {
  const [where, pid] = (readMark(file) ?? '').split(' ');
  const since = modifiedAt(file);
  if (since === undefined) return false;
  return Math.abs(Date.now() - since) > longest || (where === scope() && !isRunning(Number(pid)));
}

function isRunning(pid: number): boolean {
  // Whoever asks does not hold it: an earlier process had the same number.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Within which a process's number means one process: this system since it was started, and this container in it. */
function scope(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return 'here';
  }
}

function readMark(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

function modifiedAt(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
}

function removed(file: string): boolean {
  try {
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
