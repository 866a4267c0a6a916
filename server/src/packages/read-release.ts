import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { Problem } from '../problem.ts';
import type { TarballMember } from './tarball.ts';

/** A built release of the verifier, as its package.json names it. */
export interface Release {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly version: string;
  /** The file of its one program. */
  readonly program: string;
  /** Everything that npm would publish, package.json first and the rest by name. */
  readonly members: readonly TarballMember[];
}

/** npm publishes these whether `files` names them or not. */
const ALWAYS = ['README.md', 'LICENSE'];

/**
 * Reads the release of the verifier that lies, built, in `folder`.
 * Throws Problem `package_not_ready` where it is not built or something that it names is missing.
 */
export function readRelease(folder: string): Release {
  const manifestBytes = read(folder, 'package.json');
  const manifest: unknown = JSON.parse(manifestBytes.toString('utf8'));
  if (!isRecord(manifest) || typeof manifest['version'] !== 'string' || !isTextList(manifest['files'])) {
    throw new Problem(
      'package_not_ready',
      'The verifier release in this installation has no usable package.json.',
    );
  }
  const [program, ...others]: unknown[] = isRecord(manifest['bin']) ? Object.values(manifest['bin']) : [];
  const names = new Set([...manifest['files'], ...ALWAYS].flatMap((name) => filesUnder(folder, name)));
  if (typeof program !== 'string' || others.length > 0 || !names.has(program)) {
    throw new Problem('package_not_ready', 'The verifier release is not built: run `npm run build` first.');
  }
  const members = [...names].sort().map((name) => ({
    name,
    bytes: name === 'README.md' ? withOwnLinks(read(folder, name)) : read(folder, name),
    executable: name === program,
  }));
  return {
    manifest,
    version: manifest['version'],
    program,
    members: [{ name: 'package.json', bytes: manifestBytes, executable: false }, ...members],
  };
}

/** The files that one name of `files` stands for. What is optional for npm (README, codes) may be absent. */
function filesUnder(folder: string, name: string): string[] {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [name];
  return readdirSync(path).flatMap((child) => filesUnder(folder, `${name}/${child}`));
}

/** In the sources the pages lie in `docs`, beside the package; customers have them in its `dist`. */
function withOwnLinks(readme: Buffer): Buffer {
  return Buffer.from(readme.toString('utf8').replaceAll('](../docs/', '](dist/'));
}

function read(folder: string, name: string): Buffer {
  try {
    return readFileSync(join(folder, name));
  } catch (error) {
    throw new Problem('package_not_ready', `The verifier release lacks ${name}.`, { cause: error });
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
