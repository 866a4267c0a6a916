import { defineConfig } from 'tsdown';

/** What customers install: one file per entry, for `import` and for `require`, for Node 20 and newer. */
export default defineConfig([
  {
    entry: {
      index: 'src/index.ts',
      koa: 'src/adapters/koa.ts',
      express: 'src/adapters/express.ts',
      fastify: 'src/adapters/fastify.ts',
      fetch: 'src/adapters/fetch.ts',
      node: 'src/adapters/node.ts',
      'self-test': 'src/self-test.ts',
      metrics: 'src/metrics.ts',
      log: 'src/log-line.ts',
      redis: 'src/replay-store/redis.ts',
      threads: 'src/replay-store/threads.ts',
      cluster: 'src/replay-store/cluster.ts',
      formats: 'src/formats.ts',
      'formats-browser': 'src/formats-browser.ts',
    },
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20',
    fixedExtension: true,
    dts: true,
    clean: false,
    // Sites without a network read there what a code means, and how to install and operate. Pages find each other as in `docs`.
    copy: [
      ...['codes', 'install', 'operating', 'adapters', 'sidecar'].map((name) => `../docs/${name}`),
      '../docs/{nodes,threat-model}.md',
    ],
  },
  {
    entry: ['src/cli.ts'],
    format: ['esm'],
    platform: 'node',
    target: 'node20',
    fixedExtension: true,
    dts: false,
    clean: false,
  },
]);
