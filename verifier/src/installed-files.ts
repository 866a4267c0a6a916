import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

// What the package consists of beside its code: anchor.json, package.json and the pages of codes. They lie where this module was
// installed, or a single file (`single-file`) carries them within itself. Nothing else says where they are.

/** A text of the program itself. `single-file` writes a copy in which files follow the colon; in the package nothing does. */
const carried = filesBehind('AppWarrant carries:');

/** Whether this program is a single file, which reads nothing beside itself. */
export const isSingleFile = carried !== null;

/**
 * The bytes of a file of the installed package, by its name from the package's folder, such as `dist/codes/closed.md`. A single file knows
 * what it carries and no other. Throws what reading throws.
 */
export function readInstalled(name: string): Uint8Array {
  if (carried === null) return readFileSync(join(packageFolder(), name));
  const text = carried.get(name);
  if (text === undefined) throw new Error(`This file carries no ${name}.`);
  return new TextEncoder().encode(text);
}

/** The folder of the installed package. */
export function packageFolder(): string {
  return join(programFile(), '../..');
}

/**
 * The file that this module was loaded from. A link is followed, as Node follows it: its variables for links would else let whoever
 * sets one choose beside which anchor.json a program stands.
 */
export function programFile(): string {
  return realpathSync(new URL(import.meta.url));
}

function filesBehind(text: string): ReadonlyMap<string, string> | null {
  const json = text.slice(text.indexOf(':') + 1);
  return json === '' ? null : new Map(Object.entries(JSON.parse(json) as Record<string, string>));
}
