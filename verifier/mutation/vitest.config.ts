import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { workFolder } from './chosen.ts';
import type { Instrumented } from './instrument.ts';

// For mutation testing alone: instrumented sources, and a runner of our own.

const verifier = join(import.meta.dirname, '..');
const { texts } = JSON.parse(readFileSync(join(workFolder, 'instrumented.json'), 'utf8')) as Instrumented;
const instrumented = new Map(Object.entries(texts));

export default defineConfig({
  root: verifier,
  plugins: [
    {
      name: 'instrumented-sources',
      enforce: 'pre',
      load: (id) => instrumented.get(relative(verifier, id.split('?')[0] ?? '').replaceAll('\\', '/')),
    },
  ],
  test: {
    // The runner finds the other tests of the module itself.
    include: ['mutation/vectors.test.ts'],
    runner: 'mutation/mutant-runner.ts',
    pool: 'threads',
    isolate: false,
    // It knows files by what lies on the disk.
    fsModuleCache: false,
    execArgv: ['--conditions=appwarrant-source'],
    testTimeout: 30_000,
    silent: true,
  },
});
