import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { insertPartner, partnerByName } from './store.ts';

/**
 * Makes a partner; gives its id.
 * @throws Problem partner_exists
 */
export async function createPartner(
  context: Context,
  { name }: { readonly name: string },
  { actor, now }: { readonly actor: string | null; readonly now: number },
): Promise<string> {
  return transaction(context.db, async (tx) => {
    if ((await partnerByName(tx, name)) !== undefined) {
      throw new Problem('partner_exists', `There is a partner called ${name} already.`);
    }
    const id = newId('p', context.random);
    await insertPartner(tx, { id, name, created_by: actor, created_at: timeOf(now) });
    await appendAudit(tx, { now, actor, action: 'partner.create', subject: id, detail: { name } });
    return id;
  });
}
