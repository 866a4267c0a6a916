import type { Line } from './changes.ts';
import { KeysError } from './keys-error.ts';
import type { Terminal } from './terminal.ts';

/**
 * Has every fingerprint confirmed, one by one: at the terminal, or by the list of those that were heard, which has to name
 * exactly the ones that are here. A blanket yes does not exist.
 *
 * Throws KeysError `confirmation_missing`, `confirmation_unknown`, `confirmation_refused`.
 */
export async function confirmAll(
  lines: readonly Line[],
  heard: readonly string[] | null,
  terminal: Terminal,
): Promise<void> {
  const compared = lines.filter((line): line is Line & { fingerprint: string } => line.fingerprint !== null);
  if (heard === null) return confirmAloud(compared, terminal);

  const known = new Set(heard.map(withoutSpaces));
  const missing = compared.find(({ fingerprint }) => !known.has(withoutSpaces(fingerprint)));
  if (missing !== undefined) {
    throw new KeysError(
      'confirmation_missing',
      `Not confirmed: ${missing.text}, ${missing.fingerprint}. Nothing was signed.`,
    );
  }
  const here = new Set(compared.map(({ fingerprint }) => withoutSpaces(fingerprint)));
  const unknown = [...known].find((fingerprint) => !here.has(fingerprint));
  if (unknown !== undefined) {
    throw new KeysError(
      'confirmation_unknown',
      `The fingerprint ${unknown.slice(0, 80)} was confirmed, but nothing here has it. Nothing was signed.`,
    );
  }
}

async function confirmAloud(
  compared: readonly (Line & { fingerprint: string })[],
  terminal: Terminal,
): Promise<void> {
  if (!terminal.attended) {
    throw new KeysError(
      'confirmation_missing',
      'Nobody is at a terminal: give each fingerprint that was heard with --confirm, or a file of them with --yes-confirmed.',
    );
  }
  for (const { fingerprint, text } of compared) {
    terminal.write(`\n${text}\n    ${fingerprint}`);
    if (!(await terminal.agree('Did the person who has the original read out exactly this?'))) {
      throw new KeysError('confirmation_refused', `Refused: ${text}. Nothing was signed.`);
    }
  }
}

function withoutSpaces(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toLowerCase();
}
