import { closeSync, openSync, writeSync } from 'node:fs';
import { Unreadable } from './read-file.ts';

/** Values are written as JSON, one on each line. */
export type Lines = { readonly write: (value: object) => void; readonly close: () => void };

/** Held back until there are so many characters. */
const much = 256 * 1024;

/** Makes a new file that nobody else may read, for receipts are kept like secrets. Throws `Unreadable` where there is one of that name, or none can be. */
export function createLines(file: string): Lines {
  const handle = attempting(file, () => openSync(file, 'wx', 0o600));
  let held = '';
  const flush = (): void => {
    const bytes = Buffer.from(held);
    held = '';
    attempting(file, () => {
      for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
    });
  };
  return {
    write(value) {
      held += `${JSON.stringify(value)}\n`;
      if (held.length > much) flush();
    },
    close() {
      try {
        flush();
      } finally {
        closeSync(handle);
      }
    },
  };
}

function attempting<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const sentence = why === 'EEXIST' ? 'there is one already' : why;
    throw new Unreadable(`${file} cannot be written: ${sentence}.`);
  }
}
