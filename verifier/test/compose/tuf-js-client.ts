import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Updater, type Fetcher } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { inTurn, orRefused, textOf, type AskedClient, type Files } from './tuf-outcome.ts';

/**
 * The client of another maker, with the root that it trusts. It holds files in a folder, until it is ended, and reads the system's clock:
 * the caller sets that. Whatever it throws counts as a no.
 */
export function askTufJs(root: Uint8Array): AskedClient {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-tuf-js-'));
  const fileOf = (role: string): string => join(folder, `${encodeURIComponent(role)}.json`);
  const isNo = (): boolean => true;
  writeFileSync(fileOf('root'), root);
  return {
    async ask(files, paths) {
      const answers = await orRefused(isNo, async () => {
        const fetcher = fetcherOf(files);
        const updater = new Updater({ metadataDir: folder, metadataBaseUrl: 'http://repository/', fetcher });
        await updater.refresh();
        return inTurn(paths, isNo, async (path) => {
          const found = await updater.getTargetInfo(path);
          return found?.toJSON();
        });
      });
      const held = readdirSync(folder).map((name): [string, string] => [
        decodeURIComponent(name.slice(0, -'.json'.length)),
        textOf(readFileSync(join(folder, name))),
      ]);
      return { answers, held: Object.fromEntries(held) };
    },
    spoil(role, change) {
      const isHeld = readdirSync(folder).includes(`${role}.json`);
      const changed = isHeld ? change(readFileSync(fileOf(role))) : undefined;
      if (changed === undefined) rmSync(fileOf(role), { force: true });
      else writeFileSync(fileOf(role), changed);
    },
    end() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fetcherOf(files: Files): Fetcher {
  return {
    downloadBytes(url, maxLength) {
      const bytes = files.get(url.slice(url.lastIndexOf('/') + 1));
      if (bytes === undefined) return Promise.reject(new DownloadHTTPError('There is no such file.', 404));
      if (bytes.length > maxLength) return Promise.reject(new Error('The file is too long.'));
      return Promise.resolve(Buffer.from(bytes));
    },
    downloadFile: () => Promise.reject(new Error('No artifact is asked for.')),
  };
}
