// Node 20 and 22 for the tests of the packages that leave the house: pinned beside those tests, installed when first needed.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../verifier/test/node-versions');

type Lock = { packages: Record<string, { version: string; integrity: string }> };

/** The program of an older Node, by its major version. It is there once `installOlderNodes` has said nothing against it. */
export function olderNode(major: 20 | 22): string {
  return join(FOLDER, `node_modules/node${major}/bin/node`);
}

/** Installs them, unless they are. Gives the reason why they cannot be had here, in words; undefined when they are there. */
export function installOlderNodes(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'Node 20 and 22 are pinned for linux-x64 only';
  if (isInstalled()) return undefined;
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    encoding: 'utf8',
  });
  return status === 0
    ? undefined
    : `npm could not install Node 20 and 22: ${stderr.trim().split('\n').at(-1)}`;
}

function isInstalled(): boolean {
  const record = join(FOLDER, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const { packages: held } = JSON.parse(readFileSync(record, 'utf8')) as Lock;
  const { packages: wanted } = JSON.parse(readFileSync(join(FOLDER, 'package-lock.json'), 'utf8')) as Lock;
  return ['node_modules/node20', 'node_modules/node22'].every(
    (path) => held[path]?.integrity === wanted[path]?.integrity,
  );
}
