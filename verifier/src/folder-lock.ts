import { linkSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
  let tried = tryLock(file, mark);
  while (tried.locked === 'taken' && performance.now() < until) {
    const left = markLeftBehind(file, tried.now);
    if (left === undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    else if (!takeAway(file, left)) break;
    tried = tryLock(file, mark);
  }
  try {
    return act();
  } finally {
    if (tried.locked === 'mine' && readMark(file) === mark) removed(file);
  }
}

/** Whether another process is at it at this moment. */
export function isTaken(folder: string): boolean {
  const file = join(folder, stateFiles.lock);
  return readMark(file) !== undefined && markLeftBehind(file, Date.now()) === undefined;
}

/** What came of trying, and when that was by the clock of the disk, in milliseconds: on a network the times of files are not ours. */
type Tried = { readonly locked: 'mine' | 'taken' | 'impossible'; readonly now: number };

/** By a link to a file that says who it is: it is there with that, or not at all, whenever a process dies. */
function tryLock(file: string, mark: string): Tried {
  const temporary = besides(file);
  let now = Date.now();
  try {
    writeFileSync(temporary, mark, { mode: 0o600, flag: 'wx' });
    now = modifiedAt(temporary) ?? now;
    makeLock(temporary, file, mark);
    return { locked: 'mine', now };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { locked: code === 'EEXIST' ? 'taken' : 'impossible', now };
  } finally {
    removed(temporary);
  }
}

/** Some disks know no links. There a process that dies between two system calls leaves an empty lock, which holds until it is old. */
function makeLock(temporary: string, file: string, mark: string): void {
  try {
    linkSync(temporary, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    writeFileSync(file, mark, { mode: 0o600, flag: 'wx' });
  }
}

/** A name that nobody else has: processes in containers, and on other machines, have the same numbers. */
function besides(file: string): string {
  return `${file}.${toHex(randomBytes(8))}.tmp`;
}

/** What a lock says whose owner runs no more, as far as that can be seen from here, or has held it for longer than anybody does. */
function markLeftBehind(file: string, now: number): string | undefined {
  const mark = readMark(file) ?? '';
  const [where, pid] = mark.split(' ');
  const since = modifiedAt(file);
  if (since === undefined) return undefined;
  const isLeft = Math.abs(now - since) > longest || (where === scope() && !isRunning(Number(pid)));
  return isLeft ? mark : undefined;
}

/** Removes the lock that says this. Another, of somebody who has removed this one before and is at it now, goes back to its place. */
function takeAway(file: string, mark: string): boolean {
  const aside = besides(file);
  try {
    renameSync(file, aside);
    if (readMark(aside) !== mark) linkSync(aside, file);
  } catch (error) {
    // It has gone by itself, or another has taken its place.
    return ['ENOENT', 'EEXIST'].includes(String(codeOf(error)));
  } finally {
    removed(aside);
  }
  return true;
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
