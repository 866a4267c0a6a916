import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { openOnlineKeys, openRepository, type RepositoryFiles } from '@appwarrant/keys';

import { ConfigError, type Config } from '../config.ts';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { Problem } from '../problem.ts';
import { requireOwnKeys } from '../publishing/own-keys.ts';
import { KEYS_FOLDER } from '../start/open-keys.ts';
import { heldRepository, keepRepository } from '../start/open-repository.ts';
import { requestedVendor } from './request-registry.ts';

/**
 * The third step of a production portal, after the ceremony: verifies what the offline keys signed, that it names this
 * portal's own keys and approving page, and fixes the registry for ever. Gives the registry id.
 * @throws ConfigError, KeysError, Refused
 */
export async function beginRegistry(config: Config, files: RepositoryFiles, now: number): Promise<string> {
  const vendor = requestedVendor(config);
  const repository = openRepository(files);
  const { registry, root, targets } = repository;
  if (root.environment !== 'production') {
    throw new ConfigError('This is a development root: it never becomes the root of a production portal.');
  }
  if (existsSync(join(config.dataDir, 'development-keys'))) {
    throw new ConfigError(
      `${config.dataDir} has a folder "development-keys", which has no place beside a production root.`,
    );
  }
  if (!targets.roster.origins.includes(config.approveOrigin)) {
    throw new ConfigError(
      `The roster is for approving at ${targets.roster.origins.join(', ')}, but APPWARRANT_APPROVE_ORIGIN is ${config.approveOrigin}.`,
    );
  }
  const online = openOnlineKeys(join(config.dataDir, KEYS_FOLDER), config.passphrase);
  try {
    requireOwnKeys({ online, offline: null }, repository);
  } catch (error) {
    if (error instanceof Problem) throw new ConfigError(error.message, { cause: error });
    throw error;
  }
  const db = await openDatabase(config.database);
  try {
    await migrate(db);
    const held = await heldRepository(db);
    if (held === null) await keepRepository(db, { registry, environment: 'production', vendor }, now);
    else if (held.registry !== registry) {
      throw new ConfigError(
        `This portal belongs to registry ${held.registry} for ever; these files are of ${registry}.`,
      );
    }
  } finally {
    await db.destroy();
  }
  return registry;
}
