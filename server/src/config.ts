import { isAbsolute, join, relative, resolve } from 'node:path';

import type { DatabasePlace } from './database/database.ts';

/** Everything that the environment decides, complete and checked. Origins have no path and no default port. */
export interface Config {
  /** 0: any free port. */
  readonly port: number;
  /** The address to listen on: loopback unless the portal was given an origin. */
  readonly listen: '127.0.0.1' | '::';
  readonly dataDir: string;
  /** The portal's own origin, e.g. `https://portal.example.com`. */
  readonly origin: string;
  /** The origin of the approving page: another host than the portal's, and the RP ID of approval passkeys. */
  readonly approveOrigin: string;
  readonly database: DatabasePlace;
  /** Unlocks production keys. */
  readonly passphrase: string | null;
  /** The largest upload in bytes. */
  readonly uploadLimit: number;
}

/** What can be wrong with the environment, in one sentence for the owner. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

const UPLOAD_LIMIT = 4 * 1024 ** 3;

/**
 * Reads PORT, APPWARRANT_{DATA, ORIGIN, APPROVE_ORIGIN, PASSPHRASE, PASSPHRASE_FILE} and DATABASE_URL.
 * `readFile` reads APPWARRANT_PASSPHRASE_FILE; `sources` is the folder of the source tree, in which data may not lie.
 * @throws ConfigError
 */
export function readConfig(
  environment: Environment,
  { home, sources, readFile }: { home: string; sources: string; readFile: (path: string) => string },
): Config {
  const port = readPort(environment['PORT']);
  const given = environment['APPWARRANT_ORIGIN'];
  const origin =
    given === undefined ? localOrigin('localhost', port) : readOrigin('APPWARRANT_ORIGIN', given);
  const approveOrigin = readApproveOrigin(
    environment['APPWARRANT_APPROVE_ORIGIN'],
    given === undefined,
    port,
  );
  checkHosts(origin, approveOrigin);
  const dataDir = readDataDir(environment, home, sources);
  return {
    port,
    listen: given === undefined ? '127.0.0.1' : '::',
    dataDir,
    origin,
    approveOrigin,
    database: readDatabase(environment['DATABASE_URL'], dataDir),
    passphrase: readPassphrase(environment, readFile),
    uploadLimit: UPLOAD_LIMIT,
  };
}

/** The same configuration once the port is known, where it was left to the system. */
export function withPort(config: Config, port: number): Config {
  if (config.port === port) return config;
  const moved = (origin: string, host: string) =>
    origin === localOrigin(host, config.port) ? localOrigin(host, port) : origin;
  return {
    ...config,
    port,
    origin: moved(config.origin, 'localhost'),
    approveOrigin: moved(config.approveOrigin, 'approve.localhost'),
  };
}

function localOrigin(host: string, port: number): string {
  return port === 80 ? `http://${host}` : `http://${host}:${port}`;
}

function readPort(text = '8600'): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new ConfigError(`PORT is "${text}", but a port is a number up to 65535.`);
  }
  return Number(text);
}

function readOrigin(name: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === text;
  if (!plain)
    throw new ConfigError(`${name} is "${text}", but an origin looks like https://portal.example.com.`);
  if (url.protocol === 'http:' && url.hostname !== 'localhost' && !url.hostname.endsWith('.localhost')) {
    throw new ConfigError(`${name} is "${text}", but passkeys work over https only (http is for localhost).`);
  }
  return text;
}

function readApproveOrigin(text: string | undefined, local: boolean, port: number): string {
  if (text !== undefined) return readOrigin('APPWARRANT_APPROVE_ORIGIN', text);
  if (local) return localOrigin('approve.localhost', port);
  throw new ConfigError(
    'APPWARRANT_APPROVE_ORIGIN is missing: with APPWARRANT_ORIGIN the approving page needs an origin of its own.',
  );
}

/** Approval passkeys are bound to the approving host: no page of the portal may come near them. */
function checkHosts(origin: string, approveOrigin: string): void {
  const portal = new URL(origin).hostname;
  const approving = new URL(approveOrigin).hostname;
  if (portal === approving || portal.endsWith(`.${approving}`)) {
    throw new ConfigError(
      `The portal (${origin}) must not be on the approving page's host or below it (${approveOrigin}).`,
    );
  }
}

function readDataDir(environment: Environment, home: string, sources: string): string {
  const given = environment['APPWARRANT_DATA'];
  const xdg = environment['XDG_DATA_HOME'];
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'share');
  const dataDir = given === undefined || given === '' ? join(base, 'appwarrant') : resolve(given);
  const inside = relative(resolve(sources), dataDir);
  if (inside === '' || !(inside.startsWith('..') || isAbsolute(inside))) {
    throw new ConfigError(
      `The data folder ${dataDir} lies inside the source tree; set APPWARRANT_DATA to a folder outside it.`,
    );
  }
  return dataDir;
}

function readDatabase(url: string | undefined, dataDir: string): DatabasePlace {
  if (url === undefined || url === '') return { kind: 'sqlite', path: join(dataDir, 'appwarrant.db') };
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return { kind: 'postgres', url };
  throw new ConfigError('DATABASE_URL does not look like postgres://user@host/database.');
}

function readPassphrase(environment: Environment, readFile: (path: string) => string): string | null {
  const given = environment['APPWARRANT_PASSPHRASE'];
  const path = environment['APPWARRANT_PASSPHRASE_FILE'];
  if (given !== undefined && path !== undefined) {
    throw new ConfigError('Give APPWARRANT_PASSPHRASE or APPWARRANT_PASSPHRASE_FILE, not both.');
  }
  if (path === undefined) return given ?? null;
  try {
    return readFile(path).replace(/\r?\n$/, '');
  } catch {
    throw new ConfigError(`APPWARRANT_PASSPHRASE_FILE names ${path}, which cannot be read.`);
  }
}
