import { defineConfig } from 'vite';

/** Two sites: the portal's pages, and the approving page, which is served from an origin of its own. */
export default defineConfig({
  root: import.meta.dirname,
  build: {
    target: ['chrome130', 'firefox132', 'safari18.2'],
    // No data: URIs: the content security policy allows the portal's own files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { portal: 'index.html' } },
  },
});
