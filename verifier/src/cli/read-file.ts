import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { bundleLimits } from '../bundle.ts';

/** That a file that was named cannot be read, or is too large for what it should be; `message` is a sentence. */
export class Unreadable extends Error {}

/** A whole file, `-` for standard input, of at most `most` bytes. Throws `Unreadable`. */
export function readWhole(file: string, most = bundleLimits.packed): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (const chunk of readChunks(file)) {
    length += chunk.length;
    if (length > most) throw new Unreadable(`${file} is longer than ${String(most)} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A file piece by piece, `-` for standard input; nothing of it is kept. Throws `Unreadable`. */
export function* readChunks(file: string): Generator<Uint8Array> {
  let handle: number | undefined;
  try {
    handle = file === '-' ? 0 : openSync(file, 'r');
    for (;;) {
      const chunk = Buffer.allocUnsafe(1024 * 1024);
      const length = readSync(handle, chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
    }
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    if (handle !== undefined && handle !== 0) closeSync(handle);
  }
}

/** The same, while other things are done: the next pieces are read before they are asked for. Throws `Unreadable`. */
export async function* openChunks(file: string): AsyncGenerator<Uint8Array> {
  const options = { highWaterMark: 1024 * 1024, ...(file === '-' && { fd: 0, autoClose: false }) };
  try {
    for await (const chunk of createReadStream(file, options)) yield chunk as Uint8Array;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): Unreadable {
  if (error instanceof Unreadable) return error;
  const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new Unreadable(`${file} cannot be read: ${sentenceOf.get(why) ?? why}.`);
}

const sentenceOf: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'it is a folder'],
]);
