import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inGroups } from '@appwarrant/verifier/formats';
import { afterAll, expect, test } from 'vitest';
import { openKeyFile } from '../src/file-signer.ts';
import { openRepository } from '../src/repository.ts';
import {
  allHeard,
  approver,
  creation,
  enter,
  requestFor,
  rosterOf,
  secretFile,
  writeRequest,
} from './table.ts';
import type { Said } from './table.ts';

// The commands of keys/README.md, in their order, on one stick. What people would answer at a terminal is added: the
// passphrase, and the fingerprints that the command before showed.

const KEYS = join(import.meta.dirname, '..');
const COMMAND = `'${process.execPath}' --conditions=appwarrant-source '${join(KEYS, 'src/ceremony-command.ts')}'`;
const { folder, leave } = enter();
afterAll(leave);

const passphrase = 'four words are enough';
const secret = `--passphrase-file '${secretFile(join(folder, 'pass'), passphrase)}'`;

function shell(line: string): Promise<Said> {
  const fingerprint = line.includes('$FINGERPRINT_OF_ANN')
    ? inGroups(openKeyFile(join(folder, 'ann.pem'), passphrase).keyId)
    : '';
  const env = { ...process.env, STICK: folder, FINGERPRINT_OF_ANN: fingerprint };
  return new Promise((resolve) => {
    execFile(
      'sh',
      ['-c', line.replace('npm run ceremony --', COMMAND)],
      { env, cwd: folder },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      },
    );
  });
}

/** What a person adds at the terminal. */
async function answersTo(line: string): Promise<string> {
  if (line.includes(' -- key ')) return secret;
  const file = / -- sign (\S+)/.exec(line)?.[1];
  if (file === undefined) return '';
  const repository = /--repository \S+/.exec(line)?.[0] ?? '';
  const shown = await shell(`npm run ceremony -- request ${file} ${repository}`);
  return `${secret} ${allHeard(shown.stdout)
    .map((word) => `'${word}'`)
    .join(' ')}`;
}

function registry() {
  const read = (name: string) => readFileSync(join(folder, 'registry', name));
  return { read };
}

test('The commands of the README do what it says', async () => {
  const readme = readFileSync(join(KEYS, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/```sh\n([^`]+)```/g)].map((match) => match[1] ?? '');
  const lines = blocks.flatMap((block) => block.trim().split('\n'));
  expect(lines.length).toBeGreaterThan(15);
  writeRequest(join(folder, 'creation.json'), creation());

  const roster = rosterOf(approver('a', 'Alice'), approver('b', 'Bob'));
  for (const line of lines) {
    if (line.includes('/roster.json') && line.includes(' -- request ')) {
      const files = { roots: [registry().read('1.root.json')], targets: registry().read('1.targets.json') };
      writeRequest(
        join(folder, 'roster.json'),
        requestFor(openRepository(files).registry, { kind: 'roster', roster }),
      );
    }
    const said = await shell(`${line} ${await answersTo(line)}`);
    expect({ line, ...said }).toMatchObject({ line, code: 0, stderr: '' });
  }

  const { read } = registry();
  const repository = openRepository({
    roots: [read('1.root.json'), read('2.root.json')],
    targets: read('2.targets.json'),
  });
  expect(repository.targets.roster).toEqual(roster);
  const ids = repository.root.roles.root.keys.map((key) => key.keyval.public);
  const dan = openKeyFile(join(folder, 'dan.pem'), passphrase);
  expect(ids).toHaveLength(3);
  expect(ids).toContain(dan.key.keyval.public);
});
