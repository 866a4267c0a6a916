import { readPage } from '../installed-page.ts';
import { NotUnderstood } from './arguments.ts';
import type { Command } from './command.ts';
import { fold } from './output.ts';

/** Shows the page of a code, for a site that has no network and a person who has a code. */
export const help: Command = {
  name: 'help',
  files: ['CODE'],
  options: ['json'],
  about: 'what a code means, who can fix it, and what to do',
  help: ['Shows the page of a code, such as help clock_behind. All pages lie in the package, in dist/codes.'],
  run({ files: [code = ''] }) {
    const page = readPage(code);
    if (page === null) throw new NotUnderstood(`There is no page about "${code.slice(0, 80)}".`);
    const lines = page.trimEnd().split('\n');
    return {
      exit: 0,
      lines: lines.flatMap((line) => fold(line)),
      json: { type: 'appwarrant/page/1', code, text: page },
    };
  },
};
