import { defineConfig } from 'vitest/config';

/** Tests import workspaces by name and get their sources, as the portal does: `exports` of each package.json. */
const condition = 'appwarrant-source';

const project = (name: string) => ({
  resolve: { conditions: [condition, 'module', 'node', 'development|production'] },
  ssr: {
    resolve: {
      conditions: [condition, 'module', 'node', 'development|production'],
      externalConditions: [condition, 'node'],
    },
  },
  test: {
    name,
    root: new URL(`./${name}/`, import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    execArgv: [`--conditions=${condition}`],
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: ['verifier', 'keys', 'server', 'admin-ui', 'sdk'].map(project),
  },
});
