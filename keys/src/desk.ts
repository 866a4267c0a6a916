import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { inGroups, sha256Hex, timeOf } from '@appwarrant/verifier/formats';
import { createFile, replaceFile } from './durable-file.ts';
import { KeysError } from './keys-error.ts';
import type { Terminal } from './terminal.ts';

/**
 * What a ceremony happens at: it says every line to the people and notes it in the transcript, and it notes the digest
 * of every file that comes or goes. Private keys and passphrases are never read or written through it.
 */
export interface Desk {
  /** Seconds since 1970; read once for the whole command. */
  readonly now: number;
  readonly terminal: Terminal;
  say(line: string): void;
  /** Reads a public file. Throws KeysError `file_unreadable`, `file_too_large`. */
  read(path: string, maxBytes: number): Uint8Array;
  /** Writes a new public file. Throws KeysError `file_exists`, `file_not_written`. */
  create(path: string, bytes: Uint8Array): void;
  /** Writes a public file, in the place of another if need be. Throws KeysError `file_not_written`. */
  replace(path: string, bytes: Uint8Array): void;
  /** Writes the transcript: to the path that was asked for, or beside `near`. */
  close(near: string): void;
}

/** Sets up a desk. `transcript` is where the transcript shall go, or null for a name of its own beside the
 * result. Throws KeysError `file_exists` where a file of that name is. */
export function openDesk(verb: string, now: number, transcript: string | null, terminal: Terminal): Desk {
  if (transcript !== null && existsSync(transcript)) {
    throw new KeysError('file_exists', `${transcript} is there already and is not replaced.`);
  }
  const lines = [`AppWarrant ceremony: ${verb}`, `${timeOf(now)} by the clock of this machine`, ''];
  const files: string[] = [];
  const note = (did: string, path: string, bytes: Uint8Array): void => {
    files.push(
      `${did} ${basename(path)}, ${bytes.length} bytes, SHA-256`,
      `    ${inGroups(sha256Hex(bytes))}`,
    );
  };
  return {
    now,
    terminal,
    say(line) {
      lines.push(line);
      terminal.write(line);
    },
    read(path, maxBytes) {
      const bytes = readInput(path, maxBytes);
      note('read   ', path, bytes);
      return bytes;
    },
    create(path, bytes) {
      createFile(path, bytes, 0o644);
      note('written', path, bytes);
    },
    replace(path, bytes) {
      replaceFile(path, bytes, 0o644);
      note('written', path, bytes);
    },
    close(near) {
      const path = transcript ?? freeName(dirname(resolve(near)), verb, now);
      createFile(path, Buffer.from([...lines, '', 'Files', ...files, ''].join('\n')), 0o644);
      terminal.write(`The transcript is ${path}`);
    },
  };
}

/** Reads a file whole, up to a size. Throws KeysError `file_unreadable`, `file_too_large`. */
export function readInput(path: string, maxBytes: number): Uint8Array {
  try {
    if (statSync(path).size > maxBytes) throw new KeysError('file_too_large', `${path} is too large.`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError('file_unreadable', `${path} could not be read.`, { cause: error });
  }
}

function freeName(folder: string, verb: string, now: number): string {
  const stem = `transcript-${timeOf(now).replaceAll(/[-:]/g, '')}-${verb}`;
  for (let count = 1; ; count += 1) {
    const path = join(folder, `${stem}${count === 1 ? '' : `-${count}`}.txt`);
    if (!existsSync(path)) return path;
  }
}
