import type { Repository } from '@appwarrant/keys';
import { secondsOf, timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Queries } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from './offline-roles.ts';
import { longestSold } from './store.ts';

/** Online roles are signed for this long; freshness is the timestamp's business. */
export const ONLINE_SECONDS = 10 * 365 * 86_400;

/** Online roles are signed again this long before they end: longer than any server can go without a bundle. */
export const RENEW_SECONDS = 5 * 365 * 86_400;

/**
 * When a timestamp signed at `signedAt` (Unix seconds) ends: the longest that the roster lets a server go without a new
 * bundle, or the end of an offline role where that is nearer. Past this wall a server refuses everything.
 */
export function wallOf({ root, targets }: Repository, signedAt: number): number {
  const { fresh, grace } = targets.ceilings;
  return Math.min(signedAt + fresh + grace, secondsOf(root.expires), secondsOf(targets.expires));
}

/**
 * Refuses what would promise more than the offline keys have signed for. `proposed` is what is about to be promised, in
 * seconds without a new bundle. Revocations and timestamps never ask.
 * @throws Problem wall_too_near
 */
export async function requireWall(
  context: Context,
  now: number,
  { proposed = 0, db = context.db }: { proposed?: number; db?: Queries } = {},
): Promise<void> {
  const repository = await offlineRoles(context, db);
  const { fresh, grace } = repository.targets.ceilings;
  const promised = Math.min(Math.max(proposed, await longestSold(db, timeOf(now))), fresh + grace);
  const wall = wallOf(repository, now);
  if (wall - now >= promised) return;
  throw new Problem(
    'wall_too_near',
    `The offline keys have signed until ${timeOf(wall)}, and customers were promised ${Math.ceil(promised / 86_400)} days. ` +
      'Renew root and targets in a ceremony, then approve again. Revocations still go out.',
  );
}
