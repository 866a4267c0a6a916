import { isSingleFile } from '../installed-files.ts';
import { pageOf } from '../installed-page.ts';
import type { Refused } from '../refused.ts';
import type { Answer } from './command.ts';
import { fold } from './output.ts';
import { programName } from './program.ts';

/** The verifier's no as a command's answer: the code and its sentence, and where the code's page is. */
export function answerRefused({ code, title, message, members }: Refused): Answer {
  return {
    exit: 1,
    lines: [],
    json: { type: 'appwarrant/refused/1', ...members, code, title, message, page: pageOf(code) },
    notes: [...fold(`${code}: ${message}`), ...whereMore(code)],
  };
}

/** Where to read on about a code. */
export function whereMore(code: Refused['code'], indent = 0): readonly string[] {
  const space = ' '.repeat(indent);
  const where = isSingleFile ? '' : ` (${pageOf(code)} in the package)`;
  return fold(`${space}More: ${programName()} help ${code}${where}`, indent);
}
