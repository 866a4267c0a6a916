import { existsSync } from 'node:fs';
import { join } from 'node:path';

import {
  createDevelopmentRepository,
  createVendorCertificateFolder,
  openDevelopmentRepository,
  openKeyFile,
  openVendorCertificateFolder,
  type DeliveryNoteSigner,
  type DevelopmentRepository,
  type RepositoryFiles,
} from '@appwarrant/keys';

import { ConfigError, type Config } from '../config.ts';
import type { PortalKeys, Repository } from '../context.ts';

/** The folder of a production portal's encrypted online keys, and the one of a development portal's. */
export const KEYS_FOLDER = 'keys';
const DEVELOPMENT_KEYS_FOLDER = 'development-keys';

/**
 * The keys of a development portal, made at the first start: offline ones, too, unencrypted, as their folder's name says.
 * @throws KeysError
 */
export async function developmentRepository(config: Config, now: number): Promise<DevelopmentRepository> {
  if (existsSync(join(config.dataDir, DEVELOPMENT_KEYS_FOLDER)))
    return openDevelopmentRepository(config.dataDir);
  return createDevelopmentRepository({
    dir: config.dataDir,
    now,
    rpId: new URL(config.approveOrigin).hostname,
    origins: [config.approveOrigin],
  });
}

/** The files with which a development registry begins; production registries begin with `npm run portal -- init`. */
export function firstFiles(
  config: Config,
  environment: 'production' | 'development',
): RepositoryFiles | null {
  return environment === 'development' ? openDevelopmentRepository(config.dataDir).files : null;
}

/**
 * The keys that this environment's portal signs with.
 * @throws ConfigError when the data folder holds keys of the other environment, KeysError when a key cannot be opened
 */
export function openPortalKeys(config: Config, environment: 'production' | 'development'): PortalKeys {
  const other = environment === 'production' ? DEVELOPMENT_KEYS_FOLDER : KEYS_FOLDER;
  if (existsSync(join(config.dataDir, other))) {
    throw new ConfigError(
      `This registry's root is for ${environment}, but ${config.dataDir} has a folder "${other}": ` +
        `the two never mix. Move that folder away.`,
    );
  }
  if (environment === 'development') {
    const { root, targets, ...online } = openDevelopmentRepository(config.dataDir).signers;
    return { online, offline: { root, targets } };
  }
  const open = (role: string) =>
    openKeyFile(join(config.dataDir, KEYS_FOLDER, `${role}.pem`), config.passphrase);
  return {
    online: { registry: open('registry'), snapshot: open('snapshot'), timestamp: open('timestamp') },
    offline: null,
  };
}

/**
 * The vendor's own signing root for delivery notes, made at the first start; encrypted as the environment's keys are.
 * @throws KeysError
 */
export async function openDeliveryNotes(
  config: Config,
  repository: Repository,
  now: number,
): Promise<DeliveryNoteSigner> {
  const development = repository.environment === 'development';
  const folder = join(config.dataDir, development ? DEVELOPMENT_KEYS_FOLDER : '', 'vendor-certificate');
  const passphrase = development ? null : config.passphrase;
  if (!existsSync(folder)) {
    await createVendorCertificateFolder(folder, { vendor: repository.vendor.name, now, passphrase });
  }
  return openVendorCertificateFolder(folder, passphrase);
}
