import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests import workspaces by name and get their sources, as the portal does: `exports` of each package.json. */
const CONDITION = 'appwarrant-source';
const conditions = [CONDITION, 'module', 'node', 'development|production'];

const project = (folder: string) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: [CONDITION, 'node'] } },
  test: {
    name: folder === '.ci' ? 'toolchain' : folder,
    root: join(import.meta.dirname, folder),
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    execArgv: [`--conditions=${CONDITION}`],
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: ['verifier', 'keys', 'server', 'admin-ui', 'sdk', '.ci'].map(project),
  },
});
