import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../crypto.ts';
import { toHex } from '../digest.ts';
import { count } from '../duration.ts';
import { installedAnchor, installedVersion } from '../installed-anchor.ts';
import { isSingleFile, packageFolder, programFile, readInstalled } from '../installed-files.ts';
import type { Command } from './command.ts';
import { columns, visible } from './output.ts';
import { programName } from './program.ts';
import { Unreadable } from './read-file.ts';

/** Writes the whole program, the vendor's anchor included, as one file that needs nothing beside it but Node. */
export const singleFile: Command = {
  name: 'single-file',
  files: ['OUT'],
  options: ['json'],
  about: 'writes this program, the anchor and all pages as one file',
  help: [
    'Writes one file that is this command whole: the program, the trust anchor of this package and the page of every code. It runs with Node alone (node OUT COMMAND …), in any folder, and reads nothing beside itself. Let its name end with .mjs.',
    'The same package gives the same bytes, on any machine. So whoever is handed such a file makes one himself, of a package that verify-artifact has found to be the vendor’s, and compares the digests.',
  ],
  run({ files: [out = ''] }) {
    const { vendor, environment, registry } = installedAnchor();
    const bytes = isSingleFile ? readFileSync(programFile()) : makeSingleFile();
    writeNew(out, bytes);
    const digest = toHex(sha256(bytes));
    const development =
      environment === 'production' ? [] : ['DEVELOPMENT KEYS: never use it with real data.'];
    return {
      exit: 0,
      lines: [
        ...columns([
          ['file', `${out}, ${count(bytes.length, 'byte')}`],
          ['SHA-256', digest],
          ['program', `${programName()} ${installedVersion()} of ${vendor.name}`],
          ['registry', registry],
        ]),
        ...development,
      ],
      json: {
        type: 'appwarrant/single-file/1',
        file: out,
        length: bytes.length,
        digest,
        version: installedVersion(),
        registry,
        environment,
      },
    };
  },
};

/** What a package's built program says of the files it carries: none. In two pieces, for it has to stand there once. */
const nothing = ['"AppWarrant', 'carries:"'].join(' ');

/** The built program with the package's files written into it. Throws `Unreadable` where this is no whole, built package. */
function makeSingleFile(): Uint8Array {
  try {
    const [before, after, ...more] = readFileSync(programFile(), 'utf8').split(nothing);
    if (before === undefined || after === undefined || more.length > 0)
      throw new Unreadable('A single file is made by an installed package, not by its sources.');
    const pages = readdirSync(join(packageFolder(), 'dist/codes')).sort();
    const names = ['anchor.json', 'package.json', ...pages.map((page) => `dist/codes/${page}`)];
    const decode = (name: string): string => new TextDecoder().decode(readInstalled(name));
    const files = Object.fromEntries(names.map((name) => [name, decode(name)]));
    // A text of JavaScript that is a text of JSON: one escaping within the other, and nothing of it is code.
    const carried = JSON.stringify(`${nothing.slice(1, -1)}${JSON.stringify(files)}`);
    return new TextEncoder().encode(before + carried + after);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`The installed package is not whole: ${String(error)}.`);
  }
}

/** Writes a file that was not there, for everybody to read and run. Throws `Unreadable`. */
function writeNew(file: string, bytes: Uint8Array): void {
  try {
    writeFileSync(file, bytes, { flag: 'wx', mode: 0o755 });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EEXIST' ? 'it is there already, and is left as it is' : code;
    throw new Unreadable(`${visible(file)} cannot be written: ${why}.`);
  }
}
