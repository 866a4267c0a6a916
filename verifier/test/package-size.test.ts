import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'tsdown';
import { beforeAll, describe, expect, test } from 'vitest';
import { build } from '../../.ci/build.ts';

/**
 * The most that those who audit, ship and load the package carry: bytes, minified and gzipped (1 KB = 1000 bytes). A server loads the
 * main entry and one adapter, and beside them what it chooses; formats are for those who read files; the command is a program of its
 * own, for people, with its own copy of what it uses.
 */
const most = { main: 45_000, server: 47_000, formats: 45_000, beside: 6_000, command: 108_000 };
const adapters = ['./koa', './express', './fastify', './node', './fetch'];

const folder = join(import.meta.dirname, '..');
type Manifest = { exports: Record<string, string | { import: { default: string } }> };
const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
const entries = Object.entries(exports).flatMap(([name, entry]) =>
  typeof entry === 'string' ? [] : [[name, entry.import.default] as const],
);

beforeAll(() => build(['verifier']));

/** Bundles built files with all that they import into one, minifies, and gives what gzip makes of it. */
async function weigh(files: readonly string[]): Promise<number> {
  const at = mkdtempSync(join(tmpdir(), 'appwarrant-size-'));
  try {
    const entry = join(at, 'whole.mjs');
    const lines = files.map(
      (file, i) => `export * as part${String(i)} from ${JSON.stringify(join(folder, file))};`,
    );
    writeFileSync(entry, lines.join('\n'));
    const bundles = await bundle({
      config: false,
      cwd: folder,
      entry: [entry],
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
    expect(chunks.length).toBe(1);
    return chunks.reduce(
      (sum, chunk) => sum + gzipSync('code' in chunk ? chunk.code : chunk.source, { level: 9 }).length,
      0,
    );
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}

const main = './dist/index.mjs';
const fileOf = new Map(entries);
const isFormats = (name: string): boolean => name.startsWith('./formats');
const isBeside = (name: string): boolean => name !== '.' && !isFormats(name) && !adapters.includes(name);

describe('Minified and gzipped,', () => {
  test(`the main entry, all that decides, has at most ${most.main} bytes`, async () => {
    expect(await weighed('.', [main])).toBeLessThanOrEqual(most.main);
  });

  test.each(adapters.filter((name) => fileOf.has(name)))(
    `the verifier with the adapter %s, all that a server loads, has at most ${most.server} bytes`,
    async (name) => {
      const both = await weighed(`. with ${name}`, [main, fileOf.get(name) ?? '']);
      expect(both).toBeLessThanOrEqual(most.server);
      // Nothing has been weighed where there is nothing: the whole is more than its largest part.
      expect(both).toBeGreaterThan(await weigh([main]));
    },
  );

  test.each(entries.filter(([name]) => isFormats(name)))(
    `the entry %s with everything that it imports has at most ${most.formats} bytes`,
    async (name, file) => {
      expect(await weighed(name, [file])).toBeLessThanOrEqual(most.formats);
    },
  );

  test(`whatever a server may load beside them adds at most ${most.beside} bytes each`, async () => {
    const alone = await weigh([main]);
    for (const [name, file] of entries.filter(([each]) => isBeside(each))) {
      const more = (await weighed(`. with ${name}`, [main, file])) - alone;
      expect(more, name).toBeLessThanOrEqual(most.beside);
    }
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
