import { activate as makeKey } from '../deployment-key.ts';
import { readDeployment } from '../deployment-id.ts';
import { installedAnchor } from '../installed-anchor.ts';
import { Refused } from '../refused.ts';
import type { Command } from './command.ts';
import { isFile, wasActivated } from './folder-refusal.ts';

/** Makes the deployment key. Standard output is the id alone, so that a script can take it. */
export const activate: Command = {
  name: 'activate',
  files: [],
  options: ['state', 'origin', 'new-deployment', 'json'],
  about: 'makes the deployment key, and prints the deployment id',
  help: [
    'Makes the key of this deployment in the state folder, where there is none yet, and prints its id. Done again, it prints the same id.',
    'A folder in which something was loaded, and of which the key is missing, is refused: restore deployment-key.pem from its backup. Only where there is none, --new-deployment makes another key there: the vendor has to license the new id, and apps have to be told.',
    'Run it as the user that runs the server. Back the key up. Do not copy it to a second server, but activate that one anew, unless both share a replay store.',
  ],
  run({ state, isNewDeployment }) {
    installedAnchor();
    requireNoneLost(state, isNewDeployment);
    const deployment = makeKey(state);
    return {
      exit: 0,
      lines: [deployment],
      json: { type: 'appwarrant/activated/1', deployment },
      notes: ['Send this deployment id to the vendor, who makes the licence for it:'],
    };
  },
};

/** A key that was lost must not be replaced silently: apps and the licence know the old one. Throws `not_activated`. */
function requireNoneLost(folder: string, isMeant: boolean): void {
  if (!isFile(folder) && (readDeployment(folder) !== null || isMeant || !wasActivated(folder))) return;
  throw new Refused('not_activated');
}
