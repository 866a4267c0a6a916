import { attempt } from '../attempt.ts';
import type { Sight } from '../look-at-state.ts';
import { Refused } from '../refused.ts';
import { openStatus, statusLine, type Status } from '../status.ts';
import { startClock } from '../clock.ts';
import { installedAnchor } from '../installed-anchor.ts';
import type { Command, Progress } from './command.ts';
import { fold } from './output.ts';
import { whereMore } from './refusal.ts';
import { isReasonCode } from '../installed-page.ts';
import { judgeBuilds } from './judge-builds.ts';
import { viewSite } from './view.ts';
import { programName } from './program.ts';

/** Says where the verifier stands, in the line that servers write into their log. */
export const status: Command = {
  name: 'status',
  files: [],
  options: ['state', 'origin', 'json'],
  needs: ['origin'],
  about: 'what is trusted, and how long it lasts',
  help: [
    'Prints the line with which a server begins its log: what it trusts, how fresh that is, how many builds are approved. Ends with 1 when no app is admitted. Changes nothing.',
  ],
  run({ state, origin }, progress) {
    const found = statusHere(state, origin ?? '', progress);
    const { problem } = found;
    const why = problem === null ? [] : fold(problem.message);
    const more = problem !== null && isReasonCode(problem.code) ? whereMore(problem.code) : [];
    const doctor = [`${programName()} doctor says more.`];
    return {
      exit: problem === null ? 0 : 1,
      lines: [statusLine(found), ...why, ...more, ...(problem === null ? [] : doctor)],
      json: { type: 'appwarrant/status/1', ...found },
    };
  },
};

/** The status of the site, every build judged: nobody's request waits here, and what is shown is the whole truth. */
function statusHere(folder: string, origin: string, progress: Progress): Status {
  const view = attempt(() => viewSite(folder, origin));
  if (view instanceof Refused && view.code === 'origin_malformed') throw view;
  if (!(view instanceof Refused)) judgeBuilds(view.sight.current(), progress);
  const anchor = attempt(installedAnchor);
  const sight = (): Sight => {
    if (view instanceof Refused) throw view;
    return view.sight;
  };
  const clock = view instanceof Refused ? startClock() : view.clock;
  return openStatus({ anchor, origin, clock, store: sight });
}
