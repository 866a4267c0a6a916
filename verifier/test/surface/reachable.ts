import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readModule, type ReadModule } from './read-module.ts';

/** Every module that loading this file loads, by its path: the file itself, and whatever it imports, however far. */
export function reachable(file: string, seen = new Map<string, ReadModule>()): Map<string, ReadModule> {
  if (seen.has(file)) return seen;
  const module = readModule(file, readFileSync(file, 'utf8'));
  seen.set(file, module);
  for (const path of module.imports) if (path.startsWith('.')) reachable(join(dirname(file), path), seen);
  return seen;
}
