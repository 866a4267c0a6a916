import type { Entry } from '../../allowlist.ts';
import { count, duration } from '../../duration.ts';
import type { RefusedTarget } from '../../partner-entries.ts';
import type { ReasonCode } from '../../reasons.ts';
import { secondsOf } from '../../time.ts';
import { nameBuild } from '../name-build.ts';
import { act, levelBefore, ok, type Finding } from './finding.ts';
import type { Site } from './site.ts';

const day = 86_400;
const thresholds = { soon: 30 * day, now: 3 * day };
/** How many builds are named. */
const named = 5;
/** Refused as the vendor means it: nothing is wrong with these. */
const meant: ReadonlySet<ReasonCode> = new Set(['revoked', 'not_licensed_here']);

/** The approved builds that end next, those that ended not long ago, and the statements that are refused. */
export function ofBuilds({ opened, now }: Site): readonly Finding[] {
  if (opened === null) return [];
  const { entries, refused } = opened.judgeAll();
  return [...ofEnds(entries, now), ofRefused(refused)];
}

/** Approved builds in the order in which they end, those that have ended last. */
export function endingNext(entries: readonly Entry[], now: number): readonly Entry[] {
  return entries
    .filter(({ custom }) => secondsOf(custom.expires) > now)
    .toSorted((a, b) => (a.custom.expires < b.custom.expires ? -1 : 1));
}

function ofEnds(entries: readonly Entry[], now: number): readonly Finding[] {
  const left = ({ custom }: Entry): number => secondsOf(custom.expires) - now;
  const next = endingNext(entries, now);
  const due = next.filter((entry) => levelBefore(left(entry), thresholds) !== 'ok');
  const gone = entries.filter((entry) => left(entry) <= 0 && left(entry) > -thresholds.soon);
  const found: Finding[] = due.slice(0, named).map((entry) => {
    const says = `${nameBuild(entry.custom)} ends on ${entry.custom.expires}, ${duration(left(entry))} from now.`;
    const todo = `Update it where a newer build is approved; else ask ${entry.custom.partner.name} and the vendor.`;
    const ends = secondsOf(entry.custom.expires);
    return act(levelBefore(left(entry), thresholds), 'build', says, todo, { ends });
  });
  const last = due[named - 1];
  if (due.length > named && last !== undefined) {
    const says = `${count(due.length - named, 'more build')} end within ${duration(thresholds.soon)}.`;
    found.push(act('soon', 'build', says, 'doctor --json names them.'));
  }
  if (gone.length > 0) {
    const names = gone
      .slice(0, named)
      .map(({ custom }) => nameBuild(custom))
      .join('; ');
    const says = `${count(gone.length, 'build')} ended within the last ${duration(thresholds.soon)}: ${names}.`;
    found.push(act('soon', 'build', says, 'Update these apps.', { code: 'entry_expired' }));
  }
  if (found.length > 0) return found;
  const first = next[0];
  if (first === undefined) return [ok('build', 'No build is approved here.')];
  const ends = secondsOf(first.custom.expires);
  const says = `${count(next.length, 'build')} approved; the first to end is ${nameBuild(first.custom)}, on ${first.custom.expires}, ${duration(left(first))} from now.`;
  return [ok('build', says, ends)];
}

function ofRefused(refused: readonly RefusedTarget[]): Finding {
  if (refused.length === 0) return ok('refused', 'No statement of the bundle is refused.');
  const counts = new Map<ReasonCode, number>();
  for (const { reason } of refused) counts.set(reason.code, (counts.get(reason.code) ?? 0) + 1);
  const list = [...counts].map(([code, times]) => `${code} ${times}`).join(', ');
  const says = `${count(refused.length, 'statement')} of the bundle ${refused.length === 1 ? 'is' : 'are'} refused: ${list}.`;
  const strange = refused.find(({ reason }) => !meant.has(reason.code));
  if (strange === undefined) return ok('refused', `${says} So the vendor means it.`);
  const [role, app, digest = ''] = strange.path.split('/');
  const which = `The first is ${app} of ${role}, ${digest.slice(0, 16)}….`;
  return act('soon', 'refused', `${says} ${which}`, 'Tell the vendor; the others are not touched by it.', {
    code: strange.reason.code,
  });
}
