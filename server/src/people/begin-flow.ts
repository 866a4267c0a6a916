import { timeOf, toBase64url } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { transaction, type Tx } from '../database/database.ts';
import type { FlowsTable } from '../database/tables.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { dropOldFlows, insertFlow, takeFlow, type FlowRecord } from './store.ts';

/** How long a person may take to answer the browser's question, in seconds. */
const LIFETIME = 600;

/** Begins a passkey ceremony: its challenge is 32 opaque bytes, is kept, and serves once. */
export async function beginFlow(
  context: Context,
  flow: Pick<FlowsTable, 'kind' | 'invitation' | 'person_id'>,
  now: number,
): Promise<{ readonly id: string; readonly challenge: Uint8Array }> {
  const id = newId('w', context.random);
  const challenge = context.random(32);
  await transaction(context.db, async (tx) => {
    await dropOldFlows(tx, timeOf(now));
    await insertFlow(tx, {
      id,
      challenge: toBase64url(challenge),
      expires_at: timeOf(now + LIFETIME),
      ...flow,
    });
  });
  return { id, challenge };
}

/**
 * Ends a ceremony: its challenge is gone, whatever comes of the answer.
 * @throws Problem flow_over
 */
export async function endFlow(
  tx: Tx,
  id: string,
  kind: FlowsTable['kind'],
  now: number,
): Promise<FlowRecord> {
  const flow = await takeFlow(tx, id);
  if (flow === undefined || flow.kind !== kind || flow.expires_at <= timeOf(now)) {
    throw new Problem('flow_over', 'This attempt took too long or was answered before. Please begin again.');
  }
  return flow;
}
