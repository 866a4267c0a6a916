import { activate as makeKey } from '../deployment-key.ts';
import { installedAnchor } from '../installed-anchor.ts';
import type { Command } from './command.ts';

/** Makes the deployment key. Standard output is the id alone, so that a script can take it. */
export const activate: Command = {
  name: 'activate',
  files: [],
  options: ['state', 'origin', 'json'],
  about: 'makes the deployment key, and prints the deployment id',
  help: [
    'Makes the key of this deployment in the state folder, where there is none yet, and prints its id. Done again, it prints the same id.',
    'Run it as the user that runs the server. Back the key up. Do not copy it to a second server, but activate that one anew, unless both share a replay store.',
  ],
  run({ state }) {
    installedAnchor();
    const deployment = makeKey(state);
    return {
      exit: 0,
      lines: [deployment],
      json: { type: 'appwarrant/activated/1', deployment },
      notes: ['Send this deployment id to the vendor, who makes the licence for it:'],
    };
  },
};
