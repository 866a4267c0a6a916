import { timeOf } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import type { Platform } from '../database/tables.ts';
import { newId } from '../ids.ts';
import { partnerName } from '../partners/partner-name.ts';
import { Problem } from '../problem.ts';
import { appBySlug, insertApp } from './store.ts';

export interface NewApp {
  readonly partnerId: string;
  readonly slug: string;
  readonly name: string;
  readonly platform: Platform;
  /** What its builds may ask for at most: sorted, distinct. */
  readonly capabilities: readonly string[];
}

/**
 * Registers an app of a partner; gives its id.
 * @throws Problem partner_unknown, app_exists
 */
export async function registerApp(
  context: Context,
  app: NewApp,
  { actor, now }: { readonly actor: string; readonly now: number },
): Promise<string> {
  return transaction(context.db, async (tx) => {
    if ((await partnerName(tx, app.partnerId)) === undefined) {
      throw new Problem('partner_unknown', 'There is no such partner.');
    }
    if ((await appBySlug(tx, app.partnerId, app.slug)) !== undefined) {
      throw new Problem('app_exists', `The partner has an app with the name ${app.slug} already.`);
    }
    const id = newId('a', context.random);
    await insertApp(tx, {
      id,
      partner_id: app.partnerId,
      slug: app.slug,
      name: app.name,
      platform: app.platform,
      capabilities_json: JSON.stringify(app.capabilities),
      created_by: actor,
      created_at: timeOf(now),
    });
    const { partnerId: partner, slug, name, platform, capabilities } = app;
    await appendAudit(tx, {
      now,
      actor,
      action: 'app.register',
      subject: id,
      detail: { partner, slug, name, platform, capabilities },
    });
    return id;
  });
}
