import { statementDigest, timeOf, type GrantEffect } from '@appwarrant/verifier/formats';

import { composeGrant } from '../approvals/compose-custom.ts';
import { placeUnderDigest, proposeStatement } from '../approvals/propose-statement.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { requireWall } from '../publishing/wall.ts';
import { customerById, deploymentsOf, insertGrant } from './store.ts';

export interface GrantWish {
  readonly effect: GrantEffect;
  readonly reason: string;
  readonly hours: number;
}

/**
 * Proposes a grant for all deployments of a customer: monitor mode, break-glass, or a longer grace. Gives its id.
 * @throws Problem not_found, deployment_missing, ceiling_exceeded, wall_too_near
 */
export async function proposeGrant(
  context: Context,
  customerId: string,
  { effect, reason, hours }: GrantWish,
  { actor, now }: { actor: string; now: number },
): Promise<string> {
  const { ceilings } = (await offlineRoles(context)).targets;
  const longest = effect.kind === 'breakGlass' ? ceilings.breakGlass : ceilings.monitor;
  if (hours * 3600 > longest) {
    throw new Problem(
      'ceiling_exceeded',
      `The roster allows such a grant for at most ${Math.floor(longest / 3600)} hours.`,
    );
  }
  if (effect.kind === 'grace' && effect.grace > ceilings.grace) {
    throw new Problem('ceiling_exceeded', `The roster allows at most ${ceilings.grace} seconds of grace.`);
  }
  // Beside the longest freshness that any licence may have, a longer grace is a longer promise.
  const promised = effect.kind === 'grace' ? ceilings.fresh + effect.grace : 0;
  await requireWall(context, now, { proposed: promised });
  const id = newId('g', context.random);
  await transaction(context.db, async (tx) => {
    const customer = await customerById(tx, customerId);
    if (customer === undefined) throw new Problem('not_found', 'There is no such customer.');
    const deployments = await deploymentsOf(tx, [customerId]);
    if (deployments.length === 0) {
      throw new Problem(
        'deployment_missing',
        'List the customer’s deployments first: a grant is for deployments.',
      );
    }
    const custom = composeGrant(
      {
        customer: { id: customer.id, name: customer.name },
        deployments: deployments.map((deployment) => deployment.id),
        effect,
        reason,
      },
      { issued: now, validFrom: now, expires: now + hours * 3600 },
    );
    const statement = await proposeStatement(tx, context, {
      subjectId: id,
      ...placeUnderDigest(customerId, 'grant', custom),
      custom,
      offlineSeconds: promised === 0 ? null : promised,
      actor,
      now,
    });
    await insertGrant(tx, {
      id,
      customer_id: customerId,
      effect_json: JSON.stringify(effect),
      reason,
      statement_digest: statementDigest(statement),
      created_by: actor,
      created_at: timeOf(now),
    });
    await appendAudit(tx, {
      now,
      actor,
      action: 'grant.propose',
      subject: id,
      detail: { customer: customerId, effect: effect.kind, hours, reason },
    });
  });
  return id;
}
