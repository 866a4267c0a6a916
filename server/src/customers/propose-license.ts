import type { JsonObject, Statement } from '@appwarrant/verifier/formats';

import { composeLicense } from '../approvals/compose-custom.ts';
import { placeUnderDigest, proposeStatement } from '../approvals/propose-statement.ts';
import { withdrawStatements } from '../approvals/withdraw-statements.ts';
import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { requireWall } from '../publishing/wall.ts';
import { customerById, deploymentsOf } from './store.ts';

/** What a customer is sold, in seconds and days. */
export interface LicenseTerms {
  /** How old a bundle may be before the server warns. */
  readonly fresh: number;
  /** How much longer it still admits. */
  readonly grace: number;
  readonly validForDays: number;
}

/**
 * Proposes a licence for a customer's deployments as they are listed now; it replaces an older proposal, and once it is
 * approved, the older licence.
 * @throws Problem not_found, deployment_missing, ceiling_exceeded, wall_too_near
 */
export async function proposeLicense(
  context: Context,
  customerId: string,
  terms: LicenseTerms,
  { actor, now }: { actor: string | null; now: number },
): Promise<Statement> {
  const { ceilings } = (await offlineRoles(context)).targets;
  for (const what of ['fresh', 'grace'] as const) {
    if (terms[what] > ceilings[what]) {
      throw new Problem(
        'ceiling_exceeded',
        `The roster allows at most ${ceilings[what]} seconds as "${what}".`,
      );
    }
  }
  await requireWall(context, now, { proposed: terms.fresh + terms.grace });
  return transaction(context.db, async (tx) => {
    const customer = await customerById(tx, customerId);
    if (customer === undefined) throw new Problem('not_found', 'There is no such customer.');
    const deployments = await deploymentsOf(tx, [customerId]);
    if (deployments.length === 0) {
      throw new Problem(
        'deployment_missing',
        'List the customer’s deployments first: a licence is for deployments.',
      );
    }
    const custom: JsonObject = composeLicense(
      {
        customer: { id: customer.id, name: customer.name },
        deployments: deployments.map(({ id, origins_json }) => ({
          id,
          origins: JSON.parse(origins_json) as string[],
        })),
        partners: 'all',
        fresh: terms.fresh,
        grace: terms.grace,
      },
      { issued: now, validFrom: now, expires: now + terms.validForDays * 86_400 },
    );
    await withdrawStatements(tx, 'licence', customerId);
    const statement = await proposeStatement(tx, context, {
      subjectId: customerId,
      ...placeUnderDigest(customerId, 'licence', custom),
      custom,
      offlineSeconds: terms.fresh + terms.grace,
      actor,
      now,
    });
    await appendAudit(tx, {
      now,
      actor,
      action: 'license.propose',
      subject: customerId,
      detail: { path: statement.path },
    });
    return statement;
  });
}
