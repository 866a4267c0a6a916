// `npm run vectors -w verifier -- PATH…`: judges vectors, files or folders, relative to where the command was typed; without
// a PATH, all that lie beside this file. Ends with 0 when the verifier agrees with all of them, 1 when it differs, 2 when there
// was nothing to judge.

import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { disagreement } from './judge-vector.ts';

// npm runs scripts in the workspace's folder and says here where it was called.
const typedIn = process.env.INIT_CWD ?? process.cwd();
const given = process.argv.slice(2);
const paths = given.length === 0 ? [import.meta.dirname] : given.map((path) => resolve(typedIn, path));

const files = [...new Set(paths.flatMap(filesAt))];
let differ = 0;
for (const file of files) {
  const difference = disagreement(readFileSync(file));
  if (difference === null) continue;
  differ += 1;
  process.stdout.write(`${relative(typedIn, file)}: ${difference}\n`);
}
process.stdout.write(`${String(files.length - differ)} agree, ${String(differ)} differ\n`);
process.exitCode = differ === 0 ? 0 : 1;

/** The file itself, or every vector below a folder, by name. */
function filesAt(path: string): readonly string[] {
  if (!statsOf(path).isDirectory()) return [path];
  const found = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => join(path, name))
    .filter((file) => statsOf(file).isFile());
  return found.length > 0 ? found : fail(`There are no vectors in ${path}: no file there ends in .json.`);
}

/** Of what is there; a link that leads nowhere is not. */
function statsOf(path: string): Stats {
  return statSync(path, { throwIfNoEntry: false }) ?? fail(`There is no ${path}.`);
}

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}
