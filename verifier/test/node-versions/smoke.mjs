// Run under an older Node against what is built: `smoke.mjs <folder of a package>`. Loads every entry of the package as
// an ES module and as a CommonJS module, and prints what each exports, for the test to compare.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.argv[2];
const require = createRequire(join(folder, 'package.json'));
const entries = {};
for (const [name, entry] of Object.entries(require('./package.json').exports)) {
  if (typeof entry === 'string') continue;
  const esm = await import(pathToFileURL(join(folder, entry.import.default)).href);
  const cjs = require(entry.require.default);
  entries[name] = { esm: Object.keys(esm).sort(), cjs: Object.keys(cjs).sort() };
}
process.stdout.write(JSON.stringify({ node: process.versions.node, entries }));
