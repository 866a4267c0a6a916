import { attempt } from '../attempt.ts';
import type { Sight } from '../look-at-state.ts';
import { Refused } from '../refused.ts';
import { openStatus, statusLine, type Status } from '../status.ts';
import { startClock } from '../clock.ts';
import { installedAnchor } from '../installed-anchor.ts';
import type { Command, Progress } from './command.ts';
import { inFolder } from './folder-refusal.ts';
import { columns, fold } from './output.ts';
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
    'Prints the line with which a server begins its log (what it trusts, how fresh that is, how many builds are approved), the deployment id, and what ends when. Ends with 1 when no app is admitted. Changes nothing.',
  ],
  run({ state, origin }, progress) {
    const found = statusHere(state, origin ?? '', progress);
    return {
      exit: found.problem === null ? 0 : 1,
      lines: [statusLine(found), ...factsOf(found), ...whyOf(found)],
      json: { type: 'appwarrant/status/1', ...found },
    };
  },
};

/** Who this is, what ends when, and since when anything is known here. */
function factsOf({ deployment, allowlist }: Status): readonly string[] {
  const rows = deployment === null ? [] : [['  deployment', deployment]];
  if (allowlist !== null) {
    const { freshUntil, expires, license, wall, floorSince } = allowlist;
    if (freshUntil !== null) rows.push(['  fresh until', freshUntil]);
    if (expires !== null) rows.push(['  grace until', expires]);
    rows.push(
      ['  licence until', license.expires],
      ['  metadata until', wall],
      ['  known since', floorSince],
    );
  }
  return columns(rows);
}

/** Why no app is admitted, and what to do: where a bundle is there and does not count, that is the reason. */
function whyOf({ problem, lastRefusal }: Status): readonly string[] {
  if (problem === null) return [];
  const because = problem.code === 'no_bundle' ? lastRefusal : null;
  const { code, message } = because ?? problem;
  return [
    ...fold(because === null ? message : `The bundle that lies here does not count: ${code}. ${message}`),
    ...(isReasonCode(code) ? whereMore(code) : []),
    `${programName()} doctor says more.`,
  ];
}

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
  const status = openStatus({ anchor, origin, clock, store: sight });
  if (!(view instanceof Refused)) return status;
  const { code, message } = inFolder(view, folder);
  return { ...status, problem: { code, message } };
}
