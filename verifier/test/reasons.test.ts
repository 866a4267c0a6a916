import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reasonCodes } from '../src/formats.ts';

const root = join(import.meta.dirname, '..');

function textOf(pattern: string): string {
  const files = globSync(pattern, { cwd: root }).filter((file) => !file.endsWith('reasons.ts'));
  return files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
}

test('Every reason is given somewhere, and has a test that names it', () => {
  const [sources, tests] = [textOf('src/**/*.ts'), textOf('test/**/*.ts')];
  for (const code of reasonCodes) {
    expect(sources.includes(`'${code}'`), `src gives ${code}`).toBe(true);
    expect(tests.includes(`'${code}'`), `a test names ${code}`).toBe(true);
  }
});

test('Every reason is named by the specification', () => {
  const specification = readFileSync(join(root, 'SPEC.md'), 'utf8');
  expect(reasonCodes.filter((code) => !specification.includes(`\`${code}\``))).toEqual([]);
});
