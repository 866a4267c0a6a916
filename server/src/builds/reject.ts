import { withdrawStatements } from '../approvals/withdraw-statements.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import type { Actor } from '../http/route.ts';
import { Problem } from '../problem.ts';
import { markBuild } from './mark-build.ts';
import { buildById } from './store.ts';

/**
 * Rejects a build for a reason that its partner reads. The decision is about these bytes and stands for good: a partner
 * submits another build.
 * @throws Problem not_found, build_decided
 */
export async function reject(
  context: Context,
  buildId: string,
  reason: string,
  actor: Actor,
  now: number,
): Promise<void> {
  await transaction(context.db, async (tx) => {
    const build = await buildById(tx, buildId);
    if (build === undefined) throw new Problem('not_found', 'There is no such build.');
    if (build.state !== 'waiting') {
      throw new Problem('build_decided', `This build is ${build.state}. An approved build can be revoked.`);
    }
    await withdrawStatements(tx, 'entry', buildId);
    await markBuild(tx, buildId, { state: 'rejected', now, actor: actor.id, detail: reason });
    await appendAudit(tx, {
      now,
      actor: actor.id,
      action: 'build.reject',
      subject: buildId,
      detail: { digest: build.digest, reason },
    });
  });
}
