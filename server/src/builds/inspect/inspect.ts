import type { FileHandle } from 'node:fs/promises';

import type { Inspection } from './inspection.ts';
import { inspectNpmTarball } from './npm-tarball.ts';
import { zipNames } from './zip-names.ts';

/**
 * Tells by its content what a file is: an npm tarball, an Android package, another zip, or something else.
 * Reads the file piece by piece; nothing of its size is ever in memory.
 * @throws Problem upload_broken for a gzip or zip file that is damaged, or unpacks to more than the caps
 */
export async function inspect(file: FileHandle, length: number): Promise<Inspection> {
  const head = Buffer.alloc(4);
  await file.read(head, 0, 4, 0);
  if (head[0] === 0x1f && head[1] === 0x8b) return inspectNpmTarball(file);
  if (head.toString('latin1') === 'PK\x03\x04') {
    const names = await zipNames(file, length);
    return {
      kind: names.has('AndroidManifest.xml') ? 'apk' : 'zip',
      name: null,
      version: null,
      findings: [],
    };
  }
  return { kind: 'unknown', name: null, version: null, findings: [] };
}
