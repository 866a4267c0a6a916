import { readFileSync, statSync } from 'node:fs';
import { KeysError } from './keys-error.ts';
import type { Terminal } from './terminal.ts';

/**
 * The passphrase for the key file at `index`: from the file of the same index, or from the only file given, or asked for.
 * Never from the command line, which every user of the machine can read.
 * Throws KeysError `passphrase_missing`, `file_unreadable`, `key_file_open_to_others`.
 */
export async function passphraseFor(
  keyPath: string,
  index: number,
  files: readonly string[],
  terminal: Terminal,
): Promise<string> {
  const file = files.length === 1 ? files[0] : files[index];
  if (file !== undefined) return readPassphraseFile(file);
  if (!terminal.attended) {
    throw new KeysError(
      'passphrase_missing',
      `${keyPath} is encrypted: give its passphrase with --passphrase-file.`,
    );
  }
  return terminal.secret(`Passphrase of ${keyPath}: `);
}

/** A new passphrase, asked for twice, or from a file. Throws as passphraseFor, and KeysError `passphrase_wrong`. */
export async function newPassphrase(
  keyPath: string,
  files: readonly string[],
  terminal: Terminal,
): Promise<string> {
  const first = await passphraseFor(keyPath, 0, files, terminal);
  if (files.length > 0) return first;
  const second = await terminal.secret('The same again: ');
  if (first.normalize('NFC') !== second.normalize('NFC')) {
    throw new KeysError('passphrase_wrong', 'The two passphrases differ; no key was made.');
  }
  return first;
}

/** The first line of a file, without its end. Throws KeysError `file_unreadable`, `key_file_open_to_others`. */
function readPassphraseFile(path: string): string {
  let text: string;
  try {
    const stat = statSync(path);
    if (stat.isFile() && process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      throw new KeysError(
        'key_file_open_to_others',
        `${path} can be read by other users: make its mode 0600.`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof KeysError) throw error;
    throw new KeysError('file_unreadable', `${path} could not be read.`, { cause: error });
  }
  return /^[^\r\n]*/.exec(text)?.[0] ?? '';
}
