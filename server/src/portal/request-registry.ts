import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  composeRequest,
  createFile,
  createOnlineKeys,
  DEFAULT_CEILINGS,
  openOnlineKeys,
  requestDigest,
  type CreationRequest,
} from '@appwarrant/keys';
import { fileText, isLabel, isObject, parseJson, timeOf } from '@appwarrant/verifier/formats';

import { ConfigError, type Config } from '../config.ts';
import { KEYS_FOLDER } from '../start/open-keys.ts';

export interface Vendor {
  readonly name: string;
  readonly slug: string;
}

/** How many people must approve each kind of statement. */
export interface Thresholds {
  readonly entry: number;
  readonly licence: number;
  readonly grant: number;
}

/** What a production portal remembers between its request and its beginning. */
const VENDOR_FILE = 'vendor.json';

/**
 * The first step of a production portal: makes its online keys, encrypted, and the request file with which a ceremony
 * creates the registry. Done again, it keeps the keys and writes the request anew.
 * @throws ConfigError, KeysError
 */
export async function requestRegistry(
  config: Config,
  { vendor, thresholds, now }: { vendor: Vendor; thresholds: Thresholds; now: number },
): Promise<{ readonly file: Uint8Array; readonly digest: string }> {
  if (!isLabel(vendor.name)) throw new ConfigError('--vendor is the vendor’s name, of 1 to 120 characters.');
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(vendor.slug)) {
    throw new ConfigError('--slug is the vendor’s short name: 1 to 40 characters of a-z, 0-9 and -.');
  }
  if (config.passphrase === null) {
    throw new ConfigError(
      'Set APPWARRANT_PASSPHRASE_FILE (or APPWARRANT_PASSPHRASE): the online keys are encrypted with it.',
    );
  }
  if (existsSync(join(config.dataDir, 'development-keys'))) {
    throw new ConfigError(
      `${config.dataDir} holds a development portal, which never becomes a production portal. Choose another APPWARRANT_DATA.`,
    );
  }
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const folder = join(config.dataDir, KEYS_FOLDER);
  const keys = existsSync(folder)
    ? openOnlineKeys(folder, config.passphrase)
    : await createOnlineKeys(folder, config.passphrase);
  keepVendor(config, vendor);

  const request: CreationRequest = {
    type: 'appwarrant/creation-request/1',
    environment: 'production',
    made: timeOf(now),
    vendor: vendor.name,
    keys: { registry: keys.registry.key, snapshot: keys.snapshot.key, timestamp: keys.timestamp.key },
    rpId: new URL(config.approveOrigin).hostname,
    origins: [config.approveOrigin],
    thresholds,
    ceilings: DEFAULT_CEILINGS,
  };
  return { file: composeRequest(request), digest: requestDigest(request) };
}

/** The vendor that the request named. @throws ConfigError where there was none */
export function requestedVendor(config: Config): Vendor {
  const path = join(config.dataDir, KEYS_FOLDER, VENDOR_FILE);
  if (!existsSync(path)) {
    throw new ConfigError(
      `${config.dataDir} has no online keys yet. Begin with: npm run portal -- request --vendor … --slug …`,
    );
  }
  const value = parseJson(readFileSync(path), 4096);
  const name = isObject(value) ? value['name'] : undefined;
  const slug = isObject(value) ? value['slug'] : undefined;
  if (typeof name !== 'string' || typeof slug !== 'string') throw new ConfigError(`${path} is damaged.`);
  return { name, slug };
}

function keepVendor(config: Config, vendor: Vendor): void {
  const path = join(config.dataDir, KEYS_FOLDER, VENDOR_FILE);
  if (!existsSync(path)) {
    createFile(path, new TextEncoder().encode(fileText({ name: vendor.name, slug: vendor.slug })), 0o644);
    return;
  }
  const held = requestedVendor(config);
  if (held.name !== vendor.name || held.slug !== vendor.slug) {
    throw new ConfigError(`This portal's vendor is ${held.name} (${held.slug}) already.`);
  }
}
