import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk } from './desk.ts';
import { KeysError } from './keys-error.ts';
import type { RepositoryFile } from './pending.ts';
import { openRepository } from './repository.ts';
import type { Repository } from './repository.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const NAME = /^([1-9][0-9]{0,8})\.(root|targets)\.json$/;

/**
 * Opens the repository whose public files lie in a folder as `<version>.root.json` and `<version>.targets.json`; null where
 * there are none. `at` opens it as it was at older versions. Throws KeysError `file_unreadable`, `repository_malformed`, and
 * what openRepository throws.
 */
export function openRepositoryFolder(
  folder: string,
  desk: Desk,
  at?: { readonly root: number; readonly targets: number },
): Repository | null {
  const held = versionsIn(folder);
  const root = at?.root ?? Math.max(0, ...held.root);
  const targets = at?.targets ?? Math.max(0, ...held.targets);
  if (root === 0 && targets === 0) return null;
  const wanted = Array.from({ length: root }, (_, index) => index + 1);
  const missing = wanted.find((version) => !held.root.has(version));
  if (missing !== undefined || !held.targets.has(targets)) {
    const name = missing === undefined ? `${targets}.targets.json` : `${missing}.root.json`;
    throw new KeysError(
      'repository_malformed',
      `${join(folder, name)} is missing: bring all the files here.`,
    );
  }
  return openRepository({
    roots: wanted.map((version) => desk.read(join(folder, `${version}.root.json`), MAX_BYTES)),
    targets: desk.read(join(folder, `${targets}.targets.json`), MAX_BYTES),
  });
}

/**
 * Puts finished files into the folder; a file that is there with the same bytes stays. Throws KeysError `request_outdated`
 * where another file has that name, and `file_not_written`.
 */
export function placeFiles(folder: string, files: readonly RepositoryFile[], desk: Desk): void {
  mkdirSync(folder, { recursive: true });
  const placed = files.map(({ bytes, name }) => ({ bytes, name, path: join(folder, name) }));
  const there = placed.filter(({ path }) => existsSync(path));
  const other = there.find(({ bytes, path }) => !readFileSync(path).equals(bytes));
  if (other !== undefined) {
    throw new KeysError(
      'request_outdated',
      `${other.path} is there already and differs: something else was finished first.`,
    );
  }
  for (const { bytes, path } of placed) desk.replace(path, bytes);
}

function versionsIn(folder: string): Record<'root' | 'targets', Set<number>> {
  const versions = { root: new Set<number>(), targets: new Set<number>() };
  let names: string[] = [];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw new KeysError('file_unreadable', `${folder} could not be read.`, { cause: error });
    }
  }
  for (const name of names) {
    const match = NAME.exec(name);
    if (match !== null) versions[match[2] === 'root' ? 'root' : 'targets'].add(Number(match[1]));
  }
  return versions;
}
