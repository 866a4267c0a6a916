import type { FileHandle } from 'node:fs/promises';

import { Problem } from '../../problem.ts';

const END_BYTES = 22;
const COMMENT_BYTES = 65_535;
const DIRECTORY_BYTES = 64 * 1024 * 1024;
const ENTRY_BYTES = 46;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;

/**
 * The names in a zip file's central directory (APPNOTE.TXT §4.3.12, §4.3.16): what programs go by that open it.
 * @throws Problem upload_broken
 */
export async function zipNames(file: FileHandle, length: number): Promise<ReadonlySet<string>> {
  const tail = await readAt(file, Math.max(0, length - END_BYTES - COMMENT_BYTES), length);
  const end = findEnd(tail);
  const entries = tail.readUInt16LE(end + 10);
  const size = tail.readUInt32LE(end + 12);
  const offset = tail.readUInt32LE(end + 16);
  if (size > DIRECTORY_BYTES || offset + size > length) throw broken('its list of files does not lie in it');
  const directory = await readAt(file, offset, offset + size);
  const names = new Set<string>();
  let position = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    if (position + ENTRY_BYTES > directory.length || directory.readUInt32LE(position) !== ENTRY_SIGNATURE) {
      throw broken('its list of files ends early');
    }
    const nameLength = directory.readUInt16LE(position + 28);
    const rest = directory.readUInt16LE(position + 30) + directory.readUInt16LE(position + 32);
    const start = position + ENTRY_BYTES;
    names.add(directory.toString('utf8', start, start + nameLength));
    position = start + nameLength + rest;
  }
  return names;
}

/** The last end record whose comment reaches exactly to the end of the file. */
function findEnd(tail: Buffer): number {
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    const fits =
      tail.readUInt32LE(at) === END_SIGNATURE && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length;
    if (fits) return at;
  }
  throw broken('it has no end');
}

async function readAt(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}

function broken(why: string): Problem {
  return new Problem('upload_broken', `The file cannot be taken. It is a zip file, but ${why}.`);
}
