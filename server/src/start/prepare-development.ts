import { join } from 'node:path';

import { activate } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { addCustomer } from '../customers/add-customer.ts';
import { customerOfDeployment } from '../customers/customer-of-deployment.ts';
import { proposeLicense } from '../customers/propose-license.ts';
import { transaction } from '../database/database.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { ownOrigins } from '../roster/ask-offline-keys.ts';
import { signOffline } from '../roster/sign-offline.ts';
import { addSetting, readSetting } from './settings.ts';

/** The state folder of this machine's own deployment, in the data folder. */
const DEVELOPMENT_DEPLOYMENT = 'development-deployment';

/** Where the example server listens. */
const DEVELOPMENT_ORIGIN = 'http://localhost:8700';
const DAY = 86_400;
const TERMS = { fresh: 30 * DAY, grace: 30 * DAY, validForDays: 365 };

/**
 * What a development portal has from its first start: this machine as a customer, whose licence waits for approval; and
 * an approving page that the roster knows, also when the port has changed. Done again, it changes nothing.
 */
export async function prepareDevelopment(context: Context, now: number): Promise<void> {
  if (context.repository.environment !== 'development') return;
  await addOwnOrigins(context, now);
  await addThisMachine(context, now);
}

/** Only origins are added: a passkey that waits for the roster goes on waiting until an admin has compared it. */
async function addOwnOrigins(context: Context, now: number): Promise<void> {
  const { roster } = (await offlineRoles(context)).targets;
  const missing = ownOrigins(context).filter((origin) => !roster.origins.includes(origin));
  if (missing.length === 0) return;
  const change = { kind: 'roster' as const, roster: { ...roster, origins: [...roster.origins, ...missing] } };
  await signOffline(context, change, { cause: 'roster', actor: null }, now);
}

/** Each step looks for what an earlier start, cut short, has left. */
async function addThisMachine(context: Context, now: number): Promise<void> {
  if ((await readSetting(context.db, 'development_customer')) !== undefined) return;
  const deployment = activate(join(context.dataDir, DEVELOPMENT_DEPLOYMENT));
  const act = { actor: null, now };
  const customerId =
    (await customerOfDeployment(context.db, deployment)) ??
    (await addCustomer(
      context,
      { name: 'This machine', deployments: [{ id: deployment, origins: [DEVELOPMENT_ORIGIN] }] },
      act,
    ));
  await proposeLicense(context, customerId, TERMS, act);
  await transaction(context.db, (tx) => addSetting(tx, 'development_customer', customerId));
}
