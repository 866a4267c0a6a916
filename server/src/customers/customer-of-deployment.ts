import type { Db } from '../database/database.ts';
import { deploymentById } from './store.ts';

/** The id of the customer who has a deployment; undefined where nobody has. */
export async function customerOfDeployment(db: Db, deploymentId: string): Promise<string | undefined> {
  return (await deploymentById(db, deploymentId))?.customer_id;
}
