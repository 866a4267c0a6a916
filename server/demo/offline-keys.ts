// The story's offline keys: a folder that the portal is never given, and the ceremony command that works on it.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from './process.ts';

/** The table around which the ceremony is held. */
export interface Table {
  readonly folder: string;
  /** Where finished metadata lies: `<n>.root.json`, `<n>.targets.json`. */
  readonly repository: string;
  readonly passphraseFile: string;
}

const COMMAND = join(import.meta.dirname, '..', '..', 'keys', 'src', 'ceremony-command.ts');
const SOURCES = '--conditions=appwarrant-source';
const FINGERPRINT = /^ {4}((?:[0-9a-f]{4} ){15}[0-9a-f]{4})$/gm;

/** Two keys for root and two for targets, of four people; two signatures each are needed. */
const ROOT_KEYS = ['ada', 'bert'];
const TARGETS_KEYS = ['cleo', 'dan'];

export function layTable(folder: string): Table {
  mkdirSync(folder, { mode: 0o700 });
  const passphraseFile = join(folder, 'passphrase');
  writeFileSync(passphraseFile, 'only in the story: correct horse\n', { mode: 0o600 });
  return { folder, repository: join(folder, 'repository'), passphraseFile };
}

async function ceremony(table: Table, ...args: string[]): Promise<string> {
  const said = await runToEnd(process.execPath, [SOURCES, COMMAND, ...args], { cwd: table.folder });
  if (said.code !== 0) throw new Error(`ceremony ${args.join(' ')}: ${said.stderr}${said.stdout}`);
  return said.stdout;
}

/** What the people at the table hear and confirm: every fingerprint that the command shows. */
async function hear(table: Table, file: string): Promise<string[]> {
  const repository = existsSync(table.repository) ? ['--repository', table.repository] : [];
  const shown = await ceremony(table, 'request', file, ...repository);
  return [...shown.matchAll(FINGERPRINT)].flatMap(([, fingerprint]) => ['--confirm', fingerprint ?? '']);
}

function keys(names: readonly string[]): string[] {
  return names.flatMap((name) => ['--key', `${name}.pem`]);
}

/** Makes everybody's key, and with them the registry that a new portal asked for. */
export async function createRegistry(table: Table, request: Uint8Array): Promise<void> {
  const pass = ['--passphrase-file', table.passphraseFile];
  for (const name of [...ROOT_KEYS, ...TARGETS_KEYS])
    await ceremony(table, 'key', `${name}.pem`, '--name', name, ...pass);
  writeFileSync(join(table.folder, 'creation.json'), request);
  const pub = (flag: string, names: readonly string[]) => names.flatMap((name) => [flag, `${name}.pub.json`]);
  await ceremony(
    table,
    'create',
    'creation.json',
    ...pub('--root-key', ROOT_KEYS),
    ...['--root-threshold', '2'],
    ...pub('--targets-key', TARGETS_KEYS),
    ...['--targets-threshold', '2', '--pending', 'new.json'],
  );
  const heard = await hear(table, 'new.json');
  await ceremony(table, 'sign', 'new.json', ...keys([...ROOT_KEYS, ...TARGETS_KEYS]), ...pass, ...heard);
  await ceremony(table, 'finish', 'new.json', '--repository', table.repository);
}

/** Answers a request of the portal with two signatures; the path of the new `targets`. */
export async function answerRequest(table: Table, name: string, request: Uint8Array): Promise<string> {
  const file = `${name}.json`;
  writeFileSync(join(table.folder, file), request);
  const heard = await hear(table, file);
  const pending = `${name}.pending.json`;
  const place = ['--repository', table.repository];
  await ceremony(
    table,
    'sign',
    file,
    ...place,
    ...keys(TARGETS_KEYS),
    ...['--passphrase-file', table.passphraseFile, '--pending', pending],
    ...heard,
  );
  const said = await ceremony(table, 'finish', pending, ...place);
  const written = [...said.matchAll(/^Finished: (.*\.targets\.json)$/gm)].at(-1)?.[1];
  if (written === undefined) throw new Error(`The ceremony wrote no targets:\n${said}`);
  return join(table.folder, written).replace(join(table.folder, table.folder), table.folder);
}
