import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { modules, unmeasured } from '../mutation/modules.ts';

const verifier = join(import.meta.dirname, '..');
const filesOf = (patterns: readonly string[]): string[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: verifier }))
    .map((file) => file.replaceAll('\\', '/'));

describe('Mutation testing', () => {
  test('measures every source file, or says why not', () => {
    const measured = modules.flatMap(({ mutate }) =>
      filesOf(mutate.filter((pattern) => !pattern.startsWith('!'))),
    );
    const known = new Set([...measured, ...filesOf([...unmeasured.keys()])]);
    expect(filesOf(['src/**/*.ts']).filter((file) => !known.has(file))).toEqual([]);
  });

  test('names files, tests and vectors that exist', () => {
    const named = modules.flatMap(({ mutate, tests, vectors }) => [
      ...mutate.map((pattern) => pattern.replace(/^!/, '')),
      ...tests,
      ...vectors.map((kind) => `vectors/${kind}/*.json`),
    ]);
    expect([...named, ...unmeasured.keys()].filter((pattern) => filesOf([pattern]).length === 0)).toEqual([]);
  });
});
