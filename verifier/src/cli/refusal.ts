import { isSingleFile } from '../installed-files.ts';
import { pageOf } from '../installed-page.ts';
import type { Refused } from '../refused.ts';
import type { Answer } from './command.ts';
import { inFolder } from './folder-refusal.ts';
import { fold } from './output.ts';
import { programName } from './program.ts';

/**
 * The verifier's no as the answer of a command that was given a state folder: the code, what was seen and what to do, what `instead`
 * can be done, and where the code's page is.
 */
export function answerRefused(refused: Refused, folder: string, instead = ''): Answer {
  const { code, title, message } = inFolder(refused, folder);
  return {
    exit: 1,
    lines: [],
    json: { type: 'appwarrant/refused/1', ...refused.members, code, title, message, page: pageOf(code) },
    notes: [...fold(`${code}: ${message}${instead}`), ...whereMore(code)],
  };
}

/** Where to read on about a code. */
export function whereMore(code: Refused['code'], indent = 0): readonly string[] {
  const space = ' '.repeat(indent);
  const where = isSingleFile ? '' : ` (${pageOf(code)} in the package)`;
  return fold(`${space}More: ${programName()} help ${code}${where}`, indent);
}
