// The test files that measure a module, and how to see that one has changed.

import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Module } from './modules.ts';

/** Judges the vectors: each is a test of its own, and what it tests lies beside it. */
const vectorTests = 'mutation/vectors.test.ts';

/** The digest of each test file by its path from `verifier/`; of what judges vectors, that of the vectors, too. */
export function testFilesOf(verifier: string, { tests, vectors }: Module): Readonly<Record<string, string>> {
  // Those with "much" take seconds each: they are about sizes.
  const files = tests.flatMap((pattern) =>
    globSync(pattern, { cwd: verifier, exclude: ['test/*/much-*.test.ts'] }),
  );
  const judged = vectors.flatMap((kind) => globSync(`vectors/${kind}/*.json`, { cwd: verifier }).toSorted());
  const digestOf = (paths: readonly string[]): string => {
    const hash = createHash('sha256');
    for (const path of paths) hash.update(readFileSync(join(verifier, path)));
    return hash.digest('hex');
  };
  return Object.fromEntries([
    ...files.toSorted().map((path) => [path, digestOf([path])]),
    [vectorTests, digestOf([vectorTests, ...judged])],
  ]) as Record<string, string>;
}
