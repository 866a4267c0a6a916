// `node --conditions=appwarrant-source sdk/example/pack.ts [folder]` packs the app and prints the tarball's path.

import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'tsdown';

const here = import.meta.dirname;

/**
 * Packs the example as a partner would: one file with the sdk inside, in an npm tarball that runs without a registry.
 * The same sources and version give the same bytes inside; another `version` gives another build of the app.
 * Returns the tarball's path, in `folder`.
 */
export async function packExample(folder: string, version = '1.0.0'): Promise<string> {
  const stage = await mkdtemp(join(tmpdir(), 'harbour-orders-'));
  try {
    await build({
      config: false,
      cwd: here,
      entry: ['harbour-orders.ts'],
      outDir: stage,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      fixedExtension: true,
      dts: false,
      logLevel: 'error',
      deps: { alwaysBundle: [/^@appwarrant\//] },
      inputOptions: { resolve: { conditionNames: ['appwarrant-source', 'import'] } },
    });
    await chmod(join(stage, 'harbour-orders.mjs'), 0o755);
    const manifest = JSON.parse(await readFile(join(here, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    await writeFile(join(stage, 'package.json'), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', resolve(folder)],
      { cwd: stage, shell: process.platform === 'win32' },
    );
    const packed = JSON.parse(stdout) as [{ filename: string }];
    return join(resolve(folder), packed[0].filename);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

if (import.meta.main) process.stdout.write(`${await packExample(process.argv[2] ?? '.')}\n`);
