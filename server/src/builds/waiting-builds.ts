import type { BuildState } from '../api-types.ts';
import type { Db } from '../database/database.ts';
import { countByState, findBuilds } from './store.ts';

/** A build that waits for review. */
export interface WaitingBuild {
  readonly id: string;
  readonly app: string;
  readonly version: string;
  readonly partner: string;
  readonly since: string;
}

/** The builds that wait longest: of everybody, or of one partner. */
export async function waitingBuilds(
  db: Db,
  partnerId: string | null,
  limit: number,
): Promise<WaitingBuild[]> {
  const filter = { partnerId, appId: null, state: 'waiting' as const, search: null };
  const builds = await findBuilds(db, filter, { by: 'submitted', descending: false, limit, offset: 0 });
  return builds.map((build) => ({
    id: build.id,
    app: build.app_name,
    version: build.version,
    partner: build.partner_name,
    since: build.submitted_at,
  }));
}

/** How many builds are in each state: of everybody, or of one partner. */
export async function buildStates(
  db: Db,
  partnerId: string | null,
): Promise<{ readonly [state in BuildState]: number }> {
  const counts = await countByState(db, partnerId);
  const of = (state: BuildState) => counts.get(state) ?? 0;
  return {
    waiting: of('waiting'),
    approved: of('approved'),
    published: of('published'),
    rejected: of('rejected'),
    revoked: of('revoked'),
  };
}
