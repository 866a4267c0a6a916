import { isLoopbackOrigin, timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction, type Tx } from '../database/database.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import {
  customerById,
  customerByName,
  deploymentById,
  dropDeployments,
  insertCustomer,
  insertDeployment,
} from './store.ts';

/** One installation: the id that its `activate` printed, and the origins under which apps reach it. */
export interface DeploymentInput {
  readonly id: string;
  /** Sorted, distinct. */
  readonly origins: readonly string[];
}

/**
 * Makes a customer. Nothing is licensed by that. Gives the customer's id.
 * @throws Problem customer_exists, deployment_exists, origin_refused
 */
export async function addCustomer(
  context: Context,
  { name, deployments }: { name: string; deployments: readonly DeploymentInput[] },
  { actor, now }: { actor: string | null; now: number },
): Promise<string> {
  const id = newId('c', context.random);
  await transaction(context.db, async (tx) => {
    if ((await customerByName(tx, name)) !== undefined) {
      throw new Problem('customer_exists', `There is a customer called ${name} already.`);
    }
    await insertCustomer(tx, { id, name, created_by: actor, created_at: timeOf(now) });
    await putDeployments(tx, context, id, deployments, now);
    await appendAudit(tx, {
      now,
      actor,
      action: 'customer.add',
      subject: id,
      detail: { name, deployments: deployments.map((deployment) => deployment.id) },
    });
  });
  return id;
}

/**
 * Says anew which deployments a customer has. The licence in force stays as it is until a new one is approved.
 * @throws Problem not_found, deployment_exists, origin_refused
 */
export async function setDeployments(
  context: Context,
  customerId: string,
  deployments: readonly DeploymentInput[],
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  await transaction(context.db, async (tx) => {
    if ((await customerById(tx, customerId)) === undefined)
      throw new Problem('not_found', 'There is no such customer.');
    await dropDeployments(tx, customerId);
    await putDeployments(tx, context, customerId, deployments, now);
    await appendAudit(tx, {
      now,
      actor,
      action: 'customer.deployments',
      subject: customerId,
      detail: { deployments: deployments.map(({ id, origins }) => ({ id, origins })) },
    });
  });
}

async function putDeployments(
  tx: Tx,
  context: Context,
  customerId: string,
  deployments: readonly DeploymentInput[],
  now: number,
): Promise<void> {
  for (const { id, origins } of deployments) {
    if ((await deploymentById(tx, id)) !== undefined) {
      throw new Problem(
        'deployment_exists',
        `Deployment ${id} is listed already, here or under another customer.`,
      );
    }
    const foreign = origins.find((origin) => !isLoopbackOrigin(origin));
    if (context.repository.environment === 'development' && foreign !== undefined) {
      throw new Problem(
        'origin_refused',
        `With development keys ${foreign} would be refused: only this machine's origins, and .test, are admitted.`,
      );
    }
    await insertDeployment(tx, {
      id,
      customer_id: customerId,
      origins_json: JSON.stringify(origins),
      created_at: timeOf(now),
    });
  }
}
