import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { appendAudit } from '../audit/append.ts';
import { ConfigError, type Config } from '../config.ts';
import type { Repository } from '../context.ts';
import { transaction, type Db } from '../database/database.ts';
import { developmentRepository, KEYS_FOLDER } from './open-keys.ts';
import { addSetting, readSetting } from './settings.ts';

/** What a vendor is called until somebody says otherwise. */
const DEVELOPMENT_VENDOR = { name: 'Acme', slug: 'acme' };

/**
 * The registry of this portal. A portal without one becomes a development portal.
 * @throws KeysError when the development keys cannot be made or opened, ConfigError where production keys wait
 */
export async function openRepository(db: Db, config: Config, now: number): Promise<Repository> {
  const held = await heldRepository(db);
  if (held !== null) return held;
  if (existsSync(join(config.dataDir, KEYS_FOLDER))) {
    throw new ConfigError(
      `${config.dataDir} has the online keys of a production portal, but no registry yet: after the ceremony, ` +
        'run npm run portal -- init --root FILE --targets FILE.',
    );
  }
  const made = await developmentRepository(config, now);
  await keepRepository(
    db,
    { registry: made.repository.registry, environment: 'development', vendor: DEVELOPMENT_VENDOR },
    now,
  );
  return openRepository(db, config, now);
}

/** What the database says of the registry; null before there is one. */
export async function heldRepository(db: Db): Promise<Repository | null> {
  const registry = await readSetting(db, 'registry');
  const environment = await readSetting(db, 'environment');
  const name = await readSetting(db, 'vendor_name');
  const slug = await readSetting(db, 'vendor_slug');
  if (registry === undefined || name === undefined || slug === undefined) return null;
  if (environment !== 'production' && environment !== 'development') return null;
  return { registry, environment, vendor: { name, slug } };
}

/** Fixes the registry of a database that has none: once, and for ever. */
export async function keepRepository(db: Db, repository: Repository, now: number): Promise<void> {
  await transaction(db, async (tx) => {
    await addSetting(tx, 'registry', repository.registry);
    await addSetting(tx, 'environment', repository.environment);
    await addSetting(tx, 'vendor_name', repository.vendor.name);
    await addSetting(tx, 'vendor_slug', repository.vendor.slug);
    await appendAudit(tx, {
      now,
      actor: null,
      action: 'registry.begin',
      subject: repository.registry,
      detail: { environment: repository.environment, vendor: repository.vendor.name },
    });
  });
}
