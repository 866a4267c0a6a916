import { randomBytes } from 'node:crypto';

import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import type { Log } from '../log.ts';
import { startPublishing } from '../publishing/timer.ts';
import { prepareDataFolder } from './data-folder.ts';
import { firstFiles, openDeliveryNotes, openPortalKeys } from './open-keys.ts';
import { openRepository } from './open-repository.ts';
import { prepareDevelopment } from './prepare-development.ts';
import { requireApprovingOrigin } from './require-approving-origin.ts';

/** An open portal: nobody serves it yet. */
export interface OpenPortal {
  readonly context: Context;
  readonly close: () => Promise<void>;
}

/**
 * Opens a portal's data folder, database, registry and keys, makes what is not there, and publishes what waits.
 * `now` is the clock in whole Unix seconds.
 * @throws ConfigError, KeysError, or Error with a sentence about the database
 */
export async function openPortal(
  config: Config,
  { now, log }: { now: () => number; log: Log },
): Promise<OpenPortal> {
  prepareDataFolder(config.dataDir);
  const db = await openDatabase(config.database);
  try {
    await migrate(db);
    const repository = await openRepository(db, config, now());
    const keys = openPortalKeys(config, repository.environment);
    const context: Context = {
      db,
      config,
      dataDir: config.dataDir,
      now,
      random: (length) => randomBytes(length),
      log,
      keys,
      deliveryNotes: await openDeliveryNotes(config, repository, now()),
      repository,
    };
    const publishing = await startPublishing(context, firstFiles(config, repository.environment));
    await requireApprovingOrigin(context);
    await prepareDevelopment(context, now());
    return {
      context,
      close: async () => {
        await publishing.stop();
        await db.destroy();
      },
    };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
