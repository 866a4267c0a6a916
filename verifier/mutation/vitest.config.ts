import { defineConfig } from 'vitest/config';
import { modules } from './modules.ts';

// For mutation testing alone: one module's tests in one worker, without isolation, because most mutants need a fraction of a second.

const chosen = modules.find(({ name }) => name === process.env['MUTATION_MODULE']);
if (chosen === undefined) throw new Error('MUTATION_MODULE names no module.');

export default defineConfig({
  test: {
    include: [...chosen.tests, 'mutation/vectors.test.ts'],
    // Seconds each, about sizes.
    exclude: ['test/*/much-*.test.ts'],
    isolate: false,
    execArgv: ['--conditions=appwarrant-source'],
    testTimeout: 30_000,
  },
});
