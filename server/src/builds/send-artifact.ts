import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

import type { ParameterizedContext } from 'koa';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { artifactPath } from './artifacts.ts';
import type { BuildRecord } from './store.ts';

const EXTENSIONS = { npm: 'tgz', apk: 'apk', zip: 'zip', unknown: 'bin' } as const;

/** What a build's file is called when it is downloaded: letters, digits, dots and hyphens only. */
export function artifactName(build: BuildRecord): string {
  const version = build.version.replaceAll(/[^A-Za-z0-9.]+/g, '-').replaceAll(/^[-.]+|[-.]+$/g, '');
  return `${build.slug}-${version === '' ? build.id : version}.${EXTENSIONS[build.kind]}`;
}

/**
 * Sends a build's bytes, or the one range that is asked for (RFC 9110 §14), always as a file to be saved.
 * @throws Problem artifact_missing, range_unsatisfiable
 */
export async function sendArtifact(
  context: Context,
  build: BuildRecord,
  http: ParameterizedContext,
): Promise<void> {
  const path = artifactPath(context.dataDir, build.digest);
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  if (size === null)
    throw new Problem('artifact_missing', 'The portal has this build’s digest, but not its bytes.');
  const range = readRange(http, size, `"${build.digest}"`);
  http.attachment(artifactName(build), { type: 'attachment' });
  // After the name, from which a type would be guessed.
  http.type = 'application/octet-stream';
  http.set('ETag', `"${build.digest}"`);
  http.set('Accept-Ranges', 'bytes');
  if (range !== null) {
    http.status = 206;
    http.set('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  // HEAD wants to know how much it would be, and nothing has to be opened for that.
  http.body = http.method === 'HEAD' ? Buffer.alloc(0) : createReadStream(path, { start, end });
  http.length = end - start + 1;
}

/** The range that is asked for; null for the whole file. Several ranges at once, or another version's, get the whole. */
function readRange(
  http: ParameterizedContext,
  size: number,
  etag: string,
): { start: number; end: number } | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(http.get('Range'));
  const condition = http.get('If-Range');
  if (match === null || (condition !== '' && condition !== etag)) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end || start >= size) {
    http.set('Content-Range', `bytes */${size}`);
    throw new Problem('range_unsatisfiable', `The file has ${size} bytes.`);
  }
  return { start, end };
}
