import { createHash } from 'node:crypto';
import { open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { join } from 'node:path';

import { Problem } from '../problem.ts';

/** A file that has arrived whole and lies on the disk, synced, under a name of its own. */
export interface Received {
  readonly path: string;
  readonly digest: string;
  readonly length: number;
}

/** Bytes as they come: a request's body, or what the portal itself makes. */
export type ArtifactSource = IncomingMessage | Iterable<Buffer>;

/** After so many bytes the room that is left is looked at again. */
const LOOK_BYTES = 16 * 1024 ** 2;

/**
 * Writes what comes to `<folder>/<name>`, digesting it on the way: one piece in memory at a time, however large.
 * What does not arrive whole leaves no file. `spare` bytes of the disk stay free, so that nobody's uploads can keep a
 * revocation from being written.
 * @throws Problem upload_empty, upload_too_large, body_cut_short, storage_full
 */
export async function receiveArtifact(
  source: ArtifactSource,
  {
    folder,
    name,
    most,
    spare,
  }: { readonly folder: string; readonly name: string; readonly most: number; readonly spare: number },
): Promise<Received> {
  const request = source instanceof IncomingMessage ? source : null;
  if (Number(request?.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  const path = join(folder, name);
  const file = await open(path, 'wx', 0o600);
  try {
    const received = await write(source, file, most, () => requireRoom(folder, spare));
    await file.sync();
    await file.close();
    return { path, ...received };
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true });
    if (error instanceof Problem) throw error;
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw full(error);
    if (request?.complete === false) {
      throw new Problem('body_cut_short', 'The connection ended before the whole file had arrived.', {
        cause: error,
      });
    }
    throw error;
  }
}

async function write(
  source: ArtifactSource,
  file: FileHandle,
  most: number,
  look: () => Promise<void>,
): Promise<Omit<Received, 'path'>> {
  const hash = createHash('sha256');
  let length = 0;
  let lookAt = 0;
  // Reading ends early when it is too much; the connection has to live on for the answer.
  const parts: AsyncIterable<Buffer> | Iterable<Buffer> =
    source instanceof IncomingMessage ? source.iterator({ destroyOnReturn: false }) : source;
  for await (const part of parts) {
    length += part.length;
    if (length > most) throw tooLarge(most);
    if (length > lookAt) {
      await look();
      lookAt = length + LOOK_BYTES;
    }
    hash.update(part);
    await writeAll(file, part);
  }
  if (length === 0) throw new Problem('upload_empty', 'The file has no bytes.');
  return { digest: hash.digest('hex'), length };
}

async function writeAll(file: FileHandle, part: Buffer): Promise<void> {
  for (let at = 0; at < part.length;) {
    const { bytesWritten } = await file.write(part, at);
    at += bytesWritten;
  }
}

function tooLarge(most: number): Problem {
  return new Problem('upload_too_large', `A build may have at most ${most} bytes.`);
}

async function requireRoom(folder: string, spare: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < spare) throw full();
}

function full(cause?: unknown): Problem {
  return new Problem('storage_full', 'There is no room for this file. Tell the vendor.', { cause });
}
