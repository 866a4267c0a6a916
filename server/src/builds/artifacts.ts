// The folder of artifacts: each file once, named by its digest, never changed.

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { dataPaths } from '../start/data-folder.ts';
import type { Received } from './receive-artifact.ts';

/** Where the artifact of this digest lies, if it does. */
export function artifactPath(dataDir: string, digest: string): string {
  return join(dataPaths(dataDir).artifacts, digest);
}

/** Whether the artifact of this digest is here. */
export function hasArtifact(dataDir: string, digest: string): boolean {
  return existsSync(artifactPath(dataDir, digest));
}

/** Moves a received file, synced already, to its digest's name; once this returns, the name is durable, too. */
export function keepArtifact(dataDir: string, received: Received): void {
  const path = artifactPath(dataDir, received.digest);
  if (existsSync(path)) return;
  renameSync(received.path, path);
  if (process.platform === 'win32') return;
  const folder = openSync(dataPaths(dataDir).artifacts, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Removes an artifact that nothing stands for any more. */
export function dropArtifact(dataDir: string, digest: string): void {
  rmSync(artifactPath(dataDir, digest), { force: true });
}
