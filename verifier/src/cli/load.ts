import { startClock } from '../clock.ts';
import { readDeployment } from '../deployment-id.ts';
import { installedAnchor } from '../installed-anchor.ts';
import { Refused } from '../refused.ts';
import { rememberSigners } from '../signers-memo.ts';
import { makeStateFolder } from '../state-folder.ts';
import { openStatus, statusLine } from '../status.ts';
import { openStore } from '../store.ts';
import type { Command } from './command.ts';
import { judgeBuilds } from './judge-builds.ts';
import { readWhole } from './read-file.ts';
import { requireOrigin } from './view.ts';

export const load: Command = {
  name: 'load',
  files: ['FILE'],
  options: ['state', 'origin', 'json'],
  needs: ['origin'],
  about: 'loads a bundle; a running server takes it over by itself',
  help: [],
  run({ files: [file = ''], state, origin }, progress) {
    requireOrigin(origin);
    const anchor = installedAnchor();
    makeStateFolder(state);
    const deployment = readDeployment(state);
    if (deployment === null) throw new Refused('not_activated');
    const clock = startClock();
    const store = openStore({
      anchor,
      folder: state,
      deployment,
      origin: origin ?? '',
      clock,
      memo: rememberSigners(),
      judgedAtOnce: 0,
    });
    const opened = store.load(readWhole(file));
    judgeBuilds(opened, progress);
    const status = openStatus({ anchor, origin: origin ?? '', clock, store: () => store });
    return { exit: 0, lines: [statusLine(status)], json: { type: 'appwarrant/load/1', ...status } };
  },
};
