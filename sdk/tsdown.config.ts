import { defineConfig } from 'tsdown';

/** What partner apps install: runs in Node 20 and in browsers, and carries the verifier's formats that it needs. */
export default defineConfig({
  entry: ['src/index.ts', 'src/file-key-store.ts'],
  format: ['esm', 'cjs'],
  platform: 'neutral',
  target: ['node20', 'es2022'],
  fixedExtension: true,
  // Eager: the types that come from the verifier lie outside this program, and are bundled as the code is.
  dts: { eager: true },
  clean: false,
  inputOptions: { resolve: { conditionNames: ['appwarrant-source', 'import'] } },
  deps: { alwaysBundle: [/^@appwarrant\//], neverBundle: [/^node:/] },
});
