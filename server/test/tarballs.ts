import { gzipSync } from 'node:zlib';

import { pack } from 'tar-stream';

/** A gzipped tar of these files, by path. */
export async function tarball(files: readonly (readonly [path: string, content: string])[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of files) tar.entry({ name }, content);
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar as AsyncIterable<Buffer>) parts.push(part);
  return gzipSync(Buffer.concat(parts));
}

/** A small npm tarball, as `npm pack` lays it out. */
export async function npmTarball(name: string, version: string): Promise<Buffer> {
  return tarball([
    ['package/package.json', JSON.stringify({ name, version })],
    ['package/index.js', `export const version = '${version}';\n`],
  ]);
}
