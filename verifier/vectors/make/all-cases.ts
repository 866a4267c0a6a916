import { jsonCases } from './json-cases.ts';
import { keyCases } from './key-cases.ts';
import { statementCases } from './statement-cases.ts';
import { valueCases } from './value-cases.ts';
import type { Made } from './vector-case.ts';

/** Every vector, in memory. Throws TypeError when two have one name. */
export function allCases(): readonly Made[] {
  const made = [...jsonCases(), ...valueCases(), ...keyCases(), ...statementCases()];
  const paths = new Set<string>();
  for (const { path } of made) {
    if (paths.has(path)) throw new TypeError(`${path} is made twice.`);
    paths.add(path);
  }
  return made;
}
