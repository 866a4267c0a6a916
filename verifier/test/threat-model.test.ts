import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reasonCodes } from '../src/reasons.ts';
import { testsOf, type NamedTest } from './tests-of-file.ts';

// The threat model's tables of what the owner and the thief try name a test for each row. So that they cannot rot: every test that is
// named exists, and every test of the tricks stands in a table.

const here = import.meta.dirname;
const page = readFileSync(join(here, '../../docs/threat-model.md'), 'utf8');

/** What is tried, what stops it, and in which file that is tested. */
type Row = { readonly tries: string; readonly stops: string; readonly file: string };

/** The rows of all tables whose last column names a test. */
function rowsOf(text: string): Row[] {
  return text
    .split('\n\n')
    .filter((block) => block.split('\n')[0]?.endsWith('| test |') === true)
    .flatMap((block) =>
      block
        .trim()
        .split('\n')
        .slice(2)
        .map((line) => {
          const cells = line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim());
          expect(cells, line).toHaveLength(4);
          const [tries = '', stops = '', , file = ''] = cells;
          return { tries, stops, file: file.replaceAll('`', '') };
        }),
    );
}

/** The tests of a file in this folder, named as the rows do. */
function testsIn(file: string): readonly NamedTest[] {
  return testsOf(file, readFileSync(join(here, `${file}.test.ts`), 'utf8'));
}

const rows = rowsOf(page);
const tricks = globSync('tricks/*.test.ts', { cwd: here }).map((path) =>
  path.replaceAll('\\', '/').replace('.test.ts', ''),
);

describe('The threat model', () => {
  test('has a row for every trick, and a trick for every row', () => {
    expect(tricks.length).toBeGreaterThan(10);
    const played = tricks.flatMap((file) =>
      testsIn(file)
        .filter(({ isGroup }) => !isGroup)
        .map(({ title }) => `${file}: ${title}`),
    );
    const told = rows
      .filter(({ file }) => file.startsWith('tricks/'))
      .map(({ file, tries }) => `${file}: ${tries}`);
    expect(told.toSorted()).toEqual(played.toSorted());
    expect(new Set(told).size).toBe(told.length);
  });

  test('names files that exist, and in each one test, or one group of them, by its title', () => {
    expect(rows.length).toBeGreaterThan(60);
    for (const { file, tries } of rows) {
      expect(existsSync(join(here, `${file}.test.ts`)), file).toBe(true);
      expect(
        testsIn(file).filter(({ title }) => title === tries),
        `${file}: ${tries}`,
      ).toHaveLength(1);
    }
  });

  test('names the codes with which its test sees each trick refused', () => {
    const known: ReadonlySet<string> = new Set(reasonCodes);
    let named = 0;
    const missing: string[] = [];
    for (const { file, tries, stops } of rows) {
      const texts = testsIn(file).find(({ title }) => title === tries)?.texts;
      for (const [, code = ''] of stops.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)) {
        named += 1;
        expect(known, `${tries}: ${code}`).toContain(code);
        if (texts?.has(code) !== true) missing.push(`${file}: ${tries}: ${code}`);
      }
    }
    expect(missing).toEqual([]);
    expect(named).toBeGreaterThan(80);
  });
});
