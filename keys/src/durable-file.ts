import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KeysError } from './keys-error.ts';

/**
 * Makes a new file and returns once it and its name are on the disk. Never replaces a file, never follows a link
 * that lies in its place (O_EXCL). A crash half-way leaves a torn file, which every reader here refuses.
 * Throws KeysError `file_exists` or `file_not_written`.
 */
export function createFile(path: string, bytes: Uint8Array, mode: 0o600 | 0o644): void {
  try {
    writeNew(path, bytes, mode);
    syncFolder(dirname(path));
  } catch (error) {
    throw refusal(path, error);
  }
}

/** Puts a file in the place of another, or of none: a reader sees the old bytes or the new ones, never half of them. */
export function replaceFile(path: string, bytes: Uint8Array, mode: 0o600 | 0o644): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.new`);
  try {
    writeNew(draft, bytes, mode);
    renameSync(draft, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(draft, { force: true });
    throw refusal(path, error);
  }
}

/** Makes the names in a folder durable. Where a folder cannot be opened (Windows) the system has no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function writeNew(path: string, bytes: Uint8Array, mode: number): void {
  const handle = openSync(path, 'wx', mode);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(handle, bytes, done);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function refusal(path: string, error: unknown): KeysError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  if (code === 'EEXIST') return new KeysError('file_exists', `${path} is there already and is not replaced.`);
  return new KeysError('file_not_written', `${path} could not be written (${code}).`, { cause: error });
}

/**
 * Makes a folder and everything in it appear at once: `fill` writes into a draft beside it, which then gets the name.
 * A crash leaves no folder of that name. Throws KeysError `file_exists` where there is one, `file_not_written`.
 */
export async function createFolder(
  path: string,
  fill: (draft: string) => Promise<void> | void,
): Promise<void> {
  if (existsSync(path)) throw new KeysError('file_exists', `${path} is there already and is not replaced.`);
  // Key files ask for the name of the folder they lie in, so the draft has the final name one level down.
  const hall = join(dirname(path), `.new-${randomBytes(6).toString('hex')}`);
  const draft = join(hall, basename(path));
  try {
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    await fill(draft);
    syncFolder(draft);
    renameSync(draft, path);
    rmdirSync(hall);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(hall, { recursive: true, force: true });
    // Only what the system said becomes our sentence; what `fill` refused passes as it is.
    throw error instanceof Error && 'syscall' in error ? refusal(path, error) : error;
  }
}
