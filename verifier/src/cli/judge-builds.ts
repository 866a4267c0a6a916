import type { OpenedBundle } from '../open-bundle.ts';
import { count } from '../duration.ts';
import type { Progress } from './command.ts';

/** How many builds are judged between two lines of progress. */
const atOnce = 500;

/** Verifies the approvals of every build, and says how far it is. */
export function judgeBuilds(opened: OpenedBundle | null, progress: Progress): void {
  if (opened === null) return;
  const all = opened.entries.listed.entries;
  for (let left = all; left > 0;) {
    left = opened.entries.judgeSome(atOnce);
    if (left > 0) progress(`Verifying approvals: ${all - left} of ${count(all, 'build')}`);
  }
  progress('');
}
