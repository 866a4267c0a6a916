import { defineConfig } from 'tsdown';

/** What partner apps install: runs in Node 20 and in browsers, and carries the verifier's formats that it needs. */
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: ['node20', 'es2022'],
  fixedExtension: true,
  dts: true,
  clean: false,
  inputOptions: { resolve: { conditionNames: ['appwarrant-source', 'import'] } },
  deps: { alwaysBundle: [/^@appwarrant\//] },
});
