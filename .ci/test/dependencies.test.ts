import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

type Manifest = Partial<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>
>;

/** Types are explained in one line, our own packages by the layout. */
const isExplained = (name: string) => !name.startsWith('@types/') && !name.startsWith('@appwarrant/');

function manifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
}

it('says why there is each dependency, and names none that is gone', () => {
  const used = new Set<string>();
  for (const folder of ['.', 'verifier', 'keys', 'server', 'admin-ui', 'sdk']) {
    const { dependencies, devDependencies, optionalDependencies } = manifest(folder);
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }))
      used.add(name);
  }
  const page = readFileSync(join(ROOT, 'docs/decisions/dependencies.md'), 'utf8');
  const named = [...page.matchAll(/\*\*([^*]+)\*\*/g)].map(([, name = '']) => name);
  expect(named.filter(isExplained).toSorted()).toEqual([...used].filter(isExplained).toSorted());
});

it.each(['verifier', 'sdk'])('%s brings no dependency to those who install it', (folder) => {
  const { dependencies, optionalDependencies } = manifest(folder);
  expect({ ...dependencies, ...optionalDependencies }).toEqual({});
});
