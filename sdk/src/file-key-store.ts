// Node only: the entry `@appwarrant/sdk/file-key-store`.

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { exportKey, importKey } from './app-key.ts';
import type { DeploymentPins } from './deployment-pins.ts';
import { isDeploymentId } from './learn-deployment.ts';
import type { KeyStore } from './key-store.ts';
import { SdkError } from './sdk-error.ts';

/**
 * A key in a file: the private JWK, readable by its owner only (0600). A file that everybody on the machine may read is
 * refused (`key_unusable`), except on Windows, which keeps no such bits. Keys for it are made with `extractable: true`.
 */
export function fileKeyStore(path: string): KeyStore {
  return {
    async load() {
      const text = await readText(path);
      if (text === null) return null;
      if (process.platform !== 'win32' && ((await stat(path)).mode & 0o007) !== 0) {
        throw new SdkError(
          'key_unusable',
          `Everybody on this machine may use the key file ${path}; chmod 600 it.`,
        );
      }
      let jwk: unknown;
      try {
        jwk = JSON.parse(text);
      } catch {
        // The parser's message quotes what it read, which here may be the key.
        throw new SdkError('key_unusable', `The key file ${path} holds no JSON.`);
      }
      return importKey(jwk);
    },
    async save(key) {
      const jwk = await exportKey(key);
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeDurably(path, `${JSON.stringify(jwk)}\n`, 'wx');
      } catch (cause) {
        if (codeOf(cause) === 'EEXIST' && existsSync(path))
          throw new SdkError('key_exists', `There is a key in ${path} already.`);
        throw new SdkError('store_failed', `The key file ${path} could not be written.`, null, cause);
      }
    },
  };
}

/** Pins in a JSON file {origin: deployment id}, which a person may read and correct. One process at a time writes it. */
export function filePins(path: string): DeploymentPins {
  const damaged = (cause?: unknown) =>
    new SdkError('store_failed', `The file of pinned deployments ${path} is damaged.`, null, cause);
  const readAll = async (): Promise<Map<string, unknown>> => {
    const text = await readText(path);
    if (text === null) return new Map();
    try {
      return new Map(Object.entries(JSON.parse(text) as object));
    } catch (cause) {
      throw damaged(cause);
    }
  };
  return {
    async read(origin) {
      // A pin that cannot be read is not an origin that was never used: the next answer must not become the new pin.
      const pin = (await readAll()).get(origin) ?? null;
      if (pin !== null && (typeof pin !== 'string' || !isDeploymentId(pin))) throw damaged();
      return pin;
    },
    async write(origin, deployment) {
      const pins = await readAll();
      pins.set(origin, deployment);
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeDurably(`${path}.new`, `${JSON.stringify(Object.fromEntries(pins), null, 2)}\n`, 'w');
        await rename(`${path}.new`, path);
      } catch (cause) {
        throw new SdkError(
          'store_failed',
          `The file of pinned deployments ${path} could not be written.`,
          null,
          cause,
        );
      }
    },
  };
}

/** The text of a file, or null when there is none. */
async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw new SdkError('store_failed', `The file ${path} could not be read.`, null, cause);
  }
}

async function writeDurably(path: string, text: string, flag: 'w' | 'wx'): Promise<void> {
  const file = await open(path, flag, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    // Half a key is worse than none: it would stand in the way of the next attempt.
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
