import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'tsdown';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../.ci/build.ts';

/**
 * The most that those who audit, ship and load the package carry: bytes, minified and gzipped (1 KB = 1000 bytes). A server loads
 * entries; the command is a program of its own, for people, with its own copy of what it uses.
 */
const most = { entries: 45_000, command: 70_000 };

const folder = join(import.meta.dirname, '..');
type Manifest = { exports: Record<string, string | { import: { default: string } }> };
const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
const entries = Object.entries(exports).flatMap(([name, entry]) =>
  typeof entry === 'string' ? [] : [[name, entry.import.default] as const],
);

beforeAll(() => build(['verifier']));

/** Bundles built files with all that they import, minifies, and adds up what gzip makes of each chunk. Writes nothing. */
async function weigh(files: readonly string[]): Promise<number> {
  const bundles = await bundle({
    config: false,
    cwd: folder,
    entry: [...files],
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    dts: false,
    write: false,
    report: false,
    clean: false,
    logLevel: 'silent',
  });
  const chunks = bundles.flatMap((each) => each.chunks);
  return chunks.reduce(
    (sum, chunk) => sum + gzipSync('code' in chunk ? chunk.code : chunk.source, { level: 9 }).length,
    0,
  );
}

describe('Minified and gzipped,', () => {
  test.each(entries)(
    `the entry %s with everything that it imports has at most ${most.entries} bytes`,
    async (name, file) => {
      expect(await weighed(name, [file])).toBeLessThanOrEqual(most.entries);
    },
  );

  test(`all entries together, what they share counted once, have at most ${most.entries} bytes`, async () => {
    const all = await weighed(
      'all entries',
      entries.map(([, file]) => file),
    );
    expect(all).toBeLessThanOrEqual(most.entries);
    // Nothing has been weighed where there is nothing: the whole is more than its largest part.
    expect(all).toBeGreaterThan(await weigh(['./dist/index.mjs']));
  });

  test(`the command has at most ${most.command} bytes`, async () => {
    expect(await weighed('command', ['./dist/cli.mjs'])).toBeLessThanOrEqual(most.command);
  });
});

async function weighed(name: string, files: readonly string[]): Promise<number> {
  const bytes = await weigh(files);
  process.stdout.write(
    `${name.padEnd(18)} ${bytes.toLocaleString('en').padStart(7)} bytes minified and gzipped\n`,
  );
  return bytes;
}
