import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { disagreement } from '../vectors/judge-vector.ts';
import { modules } from './modules.ts';

// Each vector as a test of its own, so that a mutant runs those alone that reach it. (The other tests judge all of them in one.)

const folder = join(import.meta.dirname, '../vectors');
const kinds = modules.find(({ name }) => name === process.env['MUTATION_MODULE'])?.vectors ?? [];

const files = kinds.map((kind) => globSync(`${kind}/*.json`, { cwd: folder }).toSorted());

test('every kind of vectors that a module names has some', () => {
  expect(files.map((some) => some.length)).not.toContain(0);
});

test.each(files.flat())('%s agrees', (file) => {
  expect(disagreement(readFileSync(join(folder, file)))).toBe(null);
});
