import { approvalProgress } from '../approvals/progress.ts';
import type { Context } from '../context.ts';
import type { Actor } from '../http/route.ts';
import { Problem } from '../problem.ts';
import { revoke } from '../revocations/revoke.ts';
import { buildById } from './store.ts';

/**
 * Revokes an approved build: the statement about it, so that the same bytes under another app stand. One admin
 * suffices, and the revocation is published at once.
 * @throws Problem not_found, build_not_approved
 */
export async function revokeBuild(
  context: Context,
  buildId: string,
  reason: string,
  actor: Actor,
  now: number,
): Promise<void> {
  const build = await buildById(context.db, buildId);
  if (build === undefined) throw new Problem('not_found', 'There is no such build.');
  const progress = (await approvalProgress(context, 'entry', [buildId])).get(buildId);
  const stands = build.state === 'approved' || build.state === 'published';
  if (progress === undefined || !stands) {
    throw new Problem(
      'build_not_approved',
      `Only approved builds can be revoked; this one is ${build.state}.`,
    );
  }
  const subject = { kind: 'statement' as const, digest: progress.statement.digest };
  await revoke(context, subject, { reason, actor: actor.id, now });
}
