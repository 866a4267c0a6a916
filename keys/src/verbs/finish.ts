import { join } from 'node:path';
import { requireTimely } from '../act.ts';
import type { Act } from '../act.ts';
import type { Desk } from '../desk.ts';
import { finish, parsePending } from '../pending.ts';
import { openRepositoryFolder, placeFiles } from '../repository-folder.ts';
import { REQUEST_BYTES } from '../request.ts';
import { sayTally } from '../sign-together.ts';
import { readOptions } from './options.ts';

export const FINISH_USAGE = 'finish PENDING.json --repository FOLDER [--transcript FILE]';

/** Writes the new metadata once enough have signed. It may be repeated, on this machine or another, with the same result. */
export async function finishAct(args: readonly string[], desk: Desk): Promise<void> {
  const options = readOptions(args, ['repository', 'transcript'], 1, FINISH_USAGE);
  const folder = options.need('repository');
  const pending = parsePending(desk.read(options.files[0] ?? '', 2 * REQUEST_BYTES));
  requireTimely(pending.act, desk.now);
  // As it was when the act began: a finish that was cut short has left newer files.
  const repository = openRepositoryFolder(folder, desk, baseOf(pending.act));
  sayTally(pending, repository, desk);
  const files = finish(pending, repository);
  placeFiles(folder, files, desk);
  for (const { name } of files) desk.say(`Finished: ${join(folder, name)}`);
  desk.say('The portal imports these files; everybody who takes part keeps a copy of the folder.');
  desk.close(join(folder, 'x'));
}

function baseOf(act: Act): { readonly root: number; readonly targets: number } {
  switch (act.kind) {
    case 'create':
      return { root: 0, targets: 0 };
    case 'request':
      return act.request.base;
    case 'rotate-root':
      return act.rotation.base;
  }
}
