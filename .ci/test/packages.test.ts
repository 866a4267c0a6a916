import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { build } from '../build.ts';

const ROOT = join(import.meta.dirname, '../..');

beforeAll(() => build(['verifier', 'sdk']));

type Entry = Record<'import' | 'require', { types: string; default: string }>;

function readPackage(name: string): { dependencies?: object; exports: Record<string, Entry | string> } {
  return JSON.parse(readFileSync(join(ROOT, name, 'package.json'), 'utf8')) as ReturnType<typeof readPackage>;
}

/** The specifiers that a built file imports, and those of the built files it imports. */
function importsOf(file: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(file)) return found;
  seen.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, specifier = ''] of text.matchAll(
    /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*["']([^"']+)["']/g,
  )) {
    if (!specifier.startsWith('.')) found.add(specifier);
    else for (const further of importsOf(join(dirname(file), specifier), seen)) found.add(further);
  }
  return found;
}

/** Packs a workspace as npm would publish it: the names of its files, and the tarball's bytes. */
function pack(name: string): { files: readonly string[]; tarball: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), 'appwarrant-pack-'));
  try {
    const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
    const output = execFileSync('npm', args, { cwd: join(ROOT, name), encoding: 'utf8' });
    const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
    return { files: files.map((file) => file.path), tarball: readFileSync(join(folder, filename)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.each(['verifier', 'sdk'])('the package %s', (name) => {
  let packed: ReturnType<typeof pack>;
  beforeAll(() => {
    packed = pack(name);
  });

  it('has no run-time dependencies', () => {
    expect(readPackage(name).dependencies).toBeUndefined();
  });

  it('packs every file that its exports name, a README and the licence, and no source', () => {
    const { files } = packed;
    const named = Object.values(readPackage(name).exports).flatMap((entry) =>
      typeof entry === 'string'
        ? [entry]
        : [entry.import.types, entry.import.default, entry.require.types, entry.require.default],
    );
    expect(files).toEqual(expect.arrayContaining(named.map((path) => path.replace('./', ''))));
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE']));
    expect(files.filter((path) => /^(?:src|test)\//.test(path))).toEqual([]);
  });

  it('is well formed', async () => {
    // The condition for our own sources names files that are not packed, and nobody else sets it.
    const { messages, pkg } = await publint({ pkgDir: join(ROOT, name), strict: true, pack: 'npm' });
    const found = messages.map((message) => formatMessage(message, pkg ?? {}) ?? message.code);
    expect(found.filter((text) => !text.includes('appwarrant-source'))).toEqual([]);
  });

  it('has types that every way of resolving modules finds, and that tell the truth about what is loaded', async () => {
    const found = await checkPackage(createPackageFromTarballData(packed.tarball));
    expect(found.types).toEqual({ kind: 'included' });
    expect('problems' in found && found.problems).toEqual([]);
  });

  it('imports nothing that it does not carry, but modules of Node', () => {
    const files = Object.values(readPackage(name).exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : [entry.import.default, entry.require.default],
    );
    const foreign = files.flatMap((file) => [...importsOf(join(ROOT, name, file))]);
    expect(foreign.filter((specifier) => !isBuiltin(specifier))).toEqual([]);
  });
});

it("the sdk's main entry imports no module of Node, so that browsers can load it", () => {
  expect([...importsOf(join(ROOT, 'sdk/dist/index.mjs'))]).toEqual([]);
});
