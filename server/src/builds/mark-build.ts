import { timeOf } from '@appwarrant/verifier/formats';

import type { Tx } from '../database/database.ts';
import type { BuildHistoryTable, BuildState } from '../database/tables.ts';
import { insertHistory, setBuildState } from './store.ts';

/** What happens to a build. `now` in Unix seconds; `detail` is shown to the partner. */
export interface BuildChange {
  readonly now: number;
  /** A person's id; null for the portal itself. */
  readonly actor: string | null;
  readonly detail: string;
}

const EVENTS: Readonly<Record<Exclude<BuildState, 'waiting'>, BuildHistoryTable['event']>> = {
  approved: 'approved',
  published: 'published',
  rejected: 'rejected',
  revoked: 'revoked',
};
const DECISIONS: ReadonlySet<BuildState> = new Set(['approved', 'rejected', 'revoked']);
const REASONS: ReadonlySet<BuildState> = new Set(['rejected', 'revoked']);

/**
 * Puts a build into another state and writes its history, in the transaction of what caused it. Whether the change is
 * allowed is the caller's rule.
 */
export async function markBuild(
  tx: Tx,
  buildId: string,
  { state, now, actor, detail }: BuildChange & { readonly state: Exclude<BuildState, 'waiting'> },
): Promise<void> {
  const at = timeOf(now);
  await setBuildState(tx, buildId, {
    state,
    ...(DECISIONS.has(state) ? { decided_at: at } : {}),
    ...(REASONS.has(state) ? { reason: detail } : {}),
  });
  await insertHistory(tx, { build_id: buildId, at, actor, event: EVENTS[state], detail });
}

/** Puts a build that was approved back among those that wait: what approved it no longer suffices. */
export async function reopenBuild(
  tx: Tx,
  buildId: string,
  { now, actor, detail }: BuildChange,
): Promise<void> {
  await setBuildState(tx, buildId, { state: 'waiting', decided_at: null });
  await insertHistory(tx, { build_id: buildId, at: timeOf(now), actor, event: 'superseded', detail });
}

/** Writes a line of a build's history that changes no state, such as one of several approvals. */
export async function noteBuild(
  tx: Tx,
  buildId: string,
  { event, now, actor, detail }: BuildChange & { readonly event: 'proposed' | 'approval' | 'superseded' },
): Promise<void> {
  await insertHistory(tx, { build_id: buildId, at: timeOf(now), actor, event, detail });
}
