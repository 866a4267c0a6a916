import { join, resolve } from 'node:path';
import { build, defineConfig, type BuildOptions, type Plugin } from 'vite';

const HERE = import.meta.dirname;
const SOURCES = { conditions: ['appwarrant-source', 'module', 'browser', 'production'] };

const options = {
  // The first of each with the Navigation API and URLPattern, which the router stands on.
  target: ['chrome130', 'firefox147', 'safari26.2'],
  // No data: URIs: the content security policy allows a site's own files only.
  assetsInlineLimit: 0,
  modulePreload: { polyfill: false },
  reportCompressedSize: false,
} satisfies BuildOptions;

/**
 * Two sites, a folder each, that share no file: the portal's pages, and the approving page, which is served from an
 * origin, and if the vendor wishes from a machine, of its own.
 */
export default defineConfig({
  root: HERE,
  resolve: SOURCES,
  build: options,
  plugins: [twoSites()],
});

function twoSites(): Plugin {
  let out = join(HERE, 'dist');
  return {
    name: 'two-sites',
    apply: 'build',
    config(config) {
      out = resolve(HERE, config.build?.outDir ?? 'dist');
      return { build: { outDir: join(out, 'portal') } };
    },
    async closeBundle() {
      await build({
        configFile: false,
        root: join(HERE, 'approve'),
        publicDir: false,
        resolve: SOURCES,
        logLevel: 'warn',
        build: { ...options, outDir: join(out, 'approve'), emptyOutDir: true },
      });
    },
  };
}
