import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Refused } from '../../src/refused.ts';
import { Absent, findTarget, refresh, requireTarget, targetHashes } from './tuf-client.ts';
import type { Holdings, Refreshed, TufClient } from './tuf-client.ts';

// The client that the public TUF conformance suite drives, by the command line that the suite prescribes. Exit code 0, or 1 with the
// reason on standard error.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'metadata-dir': { type: 'string' },
    'metadata-url': { type: 'string' },
    'target-name': { type: 'string', multiple: true },
    'target-base-url': { type: 'string' },
    'target-dir': { type: 'string' },
  },
});

try {
  await run();
} catch (error) {
  const reason = error instanceof Refused ? `${error.code}: ${error.message}` : String(error);
  process.stderr.write(`${reason}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const [command = '', file] = positionals;
  const holdings = holdingsIn(required('metadata-dir'));
  switch (command) {
    case 'init':
      if (file === undefined) throw new Error('Say which root to trust.');
      holdings.write('root', readFileSync(file));
      return;
    case 'refresh':
      await refresh(clientOf(holdings));
      return;
    case 'download': {
      const client = clientOf(holdings);
      const refreshed = await refresh(client);
      for (const path of values['target-name'] ?? []) await download(client, refreshed, path);
      return;
    }
    default:
      throw new Error('Say what to do: init, refresh or download.');
  }
}

function clientOf(holdings: Holdings): TufClient {
  const base = required('metadata-url');
  return {
    holdings,
    repository: (name, maxBytes) => get(base, name, maxBytes),
    now: Math.floor(Date.now() / 1000),
  };
}

/** Fetches an artifact, unless the folder holds it already. */
async function download(client: TufClient, refreshed: Refreshed, path: string): Promise<void> {
  const target = await findTarget(client, refreshed, path);
  if (target === undefined) throw new Absent(`No role speaks of ${path}.`);
  const artifacts = folderOf(required('target-dir'));
  const name = `${encodeURIComponent(path)}.artifact`;
  const held = artifacts.read(name);
  if (held !== undefined && isTarget(target, held)) return;
  const bytes = await get(
    required('target-base-url'),
    addressOf(refreshed, target, path),
    Number(target.length),
  );
  if (bytes === undefined) throw new Absent(`There is no artifact ${path}.`);
  requireTarget(target, bytes);
  artifacts.write(name, bytes);
}

function isTarget(...[target, bytes]: Parameters<typeof requireTarget>): boolean {
  try {
    requireTarget(target, bytes);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** Where a repository has consistent snapshots, the last part of an artifact's name begins with a digest (§6.2). */
function addressOf({ set }: Refreshed, target: Parameters<typeof targetHashes>[0], path: string): string {
  const parts = path.split('/').map(encodeURIComponent);
  const [[, digest] = []] = targetHashes(target);
  if (set.root.document.signed.consistent_snapshot === true && typeof digest === 'string')
    parts.push(`${encodeURIComponent(digest)}.${parts.pop() ?? ''}`);
  return parts.join('/');
}

/** Undefined where there is no such file (404, or 403 as storages without listings say). Reads one byte more than allowed at most. */
async function get(base: string, name: string, maxBytes: number): Promise<Uint8Array | undefined> {
  const response = await fetch(`${base.replace(/\/$/, '')}/${name}`);
  if (response.status === 404 || response.status === 403) return undefined;
  if (!response.ok || response.body === null) throw new Error(`${name}: status ${response.status}.`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk as Uint8Array);
    length += (chunk as Uint8Array).length;
    if (length > maxBytes) throw new Refused('too_large', `${name} is longer than ${maxBytes} bytes.`);
  }
  return Buffer.concat(chunks);
}

/** Metadata under the names that the suite looks for: `<role>.json`, quoted. */
function holdingsIn(folder: string): Holdings {
  const files = folderOf(folder);
  const nameOf = (role: string): string => `${encodeURIComponent(role)}.json`;
  return {
    read: (role) => files.read(nameOf(role)),
    write: (role, bytes) => files.write(nameOf(role), bytes),
  };
}

function folderOf(folder: string): Holdings {
  return {
    read(name) {
      try {
        return readFileSync(join(folder, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write(name, bytes) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.new`), bytes);
      renameSync(join(folder, `${name}.new`), join(folder, name));
    },
  };
}

function required(name: 'metadata-dir' | 'metadata-url' | 'target-base-url' | 'target-dir'): string {
  const value = values[name];
  if (value === undefined) throw new Error(`--${name} is missing.`);
  return value;
}
