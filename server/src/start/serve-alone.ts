import { join } from 'node:path';

import { ConfigError } from '../config.ts';
import { holdLock } from '../database/sqlite.ts';

/**
 * Makes sure that no second portal serves this data folder: two would remove each other's uploads under way.
 * Commands beside a serving portal do not need this.
 * @returns what lets another one serve
 * @throws ConfigError
 */
export function serveAlone(dataDir: string): () => void {
  try {
    return holdLock(join(dataDir, 'serving.lock'));
  } catch (error) {
    throw new ConfigError(`Another portal serves the data folder ${dataDir} already: stop it first.`, {
      cause: error,
    });
  }
}
