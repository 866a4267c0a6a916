import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openKeyFile } from '../src/file-signer.ts';
import { creation, enter, secretFile, writeRequest } from './table.ts';

// The command at a real (pseudo) terminal, which `script` of util-linux makes.

const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');
const COMMAND = join(import.meta.dirname, '..', 'src', 'ceremony-command.ts');
const { folder, leave } = enter();
afterAll(leave);

/** Types each answer when its question has appeared; gives everything that was to be seen, and the exit code. */
function atTerminal(
  args: readonly string[],
  dialogue: readonly (readonly [question: string, answer: string])[],
): Promise<{ seen: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const line = [process.execPath, '--conditions=appwarrant-source', COMMAND, ...args];
    const quoted = line.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', quoted, '/dev/null'], { cwd: folder });
    const left = [...dialogue];
    let seen = '';
    let from = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const next = left[0];
      if (next === undefined) return;
      const at = seen.indexOf(next[0], from);
      if (at === -1) return;
      from = at + next[0].length;
      left.shift();
      child.stdin.write(`${next[1]}\r`);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ seen, code }));
  });
}

describe.skipIf(!hasTerminal)('at a terminal (skipped where util-linux has no `script`)', () => {
  const passphrase = 'größer als zwölf';

  test('a passphrase is asked for twice, and nothing of it is to be seen', async () => {
    const { code, seen } = await atTerminal(
      ['key', 'ann.pem', '--name', 'Ann'],
      [
        ['Passphrase of ann.pem: ', `${passphrase}x\u007f`],
        ['The same again: ', passphrase],
      ],
    );
    expect(code).toBe(0);
    expect(seen).not.toContain('größer');
    expect(openKeyFile(join(folder, 'ann.pem'), passphrase).environment).toBe('production');
  });

  test('two passphrases that differ make no key', async () => {
    const { code, seen } = await atTerminal(
      ['key', 'ben.pem', '--name', 'Ben'],
      [
        ['Passphrase of ben.pem: ', passphrase],
        ['The same again: ', `${passphrase}!`],
      ],
    );
    expect(code).toBe(1);
    expect(seen).toContain('passphrase_wrong: The two passphrases differ');
    expect(existsSync(join(folder, 'ben.pem'))).toBe(false);
  });

  test('every fingerprint is asked for, and one no ends it with nothing signed', async () => {
    secretFile(join(folder, 'pass'), 'tim is the holder');
    await atTerminal(['key', 'tim.pem', '--name', 'Tim', '--passphrase-file', 'pass'], []);
    writeRequest(join(folder, 'creation.json'), creation());
    const args = ['create', 'creation.json', '--root-key', 'ann.pub.json', '--targets-key', 'tim.pub.json'];
    const more = ['--root-threshold', '1', '--targets-threshold', '1', '--key', 'ann.pem', '--pending'];
    const question = 'read out exactly this? [y/N] ';

    const no = await atTerminal(
      [...args, ...more, 'no.json'],
      [
        [question, 'y'],
        [question, 'y'],
        [question, ''],
      ],
    );
    expect(no.code).toBe(1);
    expect(no.seen).toMatch(/confirmation_refused: .*Nothing was signed/);
    expect(existsSync(join(folder, 'no.json'))).toBe(false);

    // The request, and one key each of root, targets, snapshot, timestamp and registry.
    const six = Array.from({ length: 6 }, () => [question, 'y'] as const);
    const yes = await atTerminal(
      [...args, ...more, 'yes.json'],
      [...six, ['Passphrase of ann.pem: ', passphrase]],
    );
    expect(yes.code).toBe(0);
    expect(yes.seen).toContain('Root 1: 1 of 1 signatures, complete');
    const name = readdirSync(folder).find((file) => file.endsWith('-create.txt'));
    expect(readFileSync(join(folder, name ?? 'none'), 'utf8')).not.toContain('größer');
  });

  test('Ctrl-C at a passphrase ends the command at once', async () => {
    const { code } = await atTerminal(
      ['key', 'cat.pem', '--name', 'Cat'],
      [['Passphrase of cat.pem: ', 'half\u0003']],
    );
    expect(code).toBe(130);
    expect(existsSync(join(folder, 'cat.pem'))).toBe(false);
  });
});
