import { accessSync, chmodSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { ConfigError } from '../config.ts';

/** Where everything lies in the data folder. */
export interface DataPaths {
  /** Uploads under way. */
  readonly uploads: string;
  /** Builds' bytes, each under its digest. */
  readonly artifacts: string;
}

/** The paths of a data folder. */
export function dataPaths(dataDir: string): DataPaths {
  return { uploads: join(dataDir, 'uploads'), artifacts: join(dataDir, 'artifacts') };
}

/**
 * Makes the data folder, for its owner only.
 * @throws ConfigError when it cannot be written
 */
export function prepareDataFolder(dataDir: string): DataPaths {
  const paths = dataPaths(dataDir);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (!statSync(dataDir).isDirectory()) throw new Error('it is a file');
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    if (process.platform !== 'win32') chmodSync(dataDir, 0o700);
    for (const folder of Object.values(paths) as string[])
      mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `The data folder ${dataDir} cannot be used (${why}). Set APPWARRANT_DATA to a folder that you may write.`,
      { cause: error },
    );
  }
  return paths;
}

/**
 * Removes what uploads that were cut off have left behind. Only the process that serves may do so, before it does:
 * to any other, an upload under way looks the same.
 */
export function removeCutOffUploads(dataDir: string): void {
  const { uploads } = dataPaths(dataDir);
  for (const name of readdirSync(uploads)) rmSync(join(uploads, name), { recursive: true, force: true });
}
