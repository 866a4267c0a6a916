// `node verifier/vectors/make/make.ts`: writes every vector anew, and removes those that are no longer made.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allCases } from './all-cases.ts';
import { fileOf } from './vector-case.ts';

const folder = join(import.meta.dirname, '..');
const made = allCases();
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  if (name.endsWith('.json')) rmSync(join(folder, name));
for (const { path, vector } of made) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), fileOf(vector));
}
process.stdout.write(`${String(made.length)} vectors written\n`);
