import type { Db } from '../database/database.ts';
import type { Platform } from '../database/tables.ts';
import { appById } from './store.ts';

/** An app as other features know it. */
export interface KnownApp {
  readonly id: string;
  readonly partner_id: string;
  readonly slug: string;
  readonly name: string;
  readonly platform: Platform;
  readonly capabilities: readonly string[];
}

/** An app by its id; undefined where there is none. Whose it is, is the caller's rule. */
export async function findApp(db: Db, id: string): Promise<KnownApp | undefined> {
  const app = await appById(db, id);
  if (app === undefined) return undefined;
  const { partner_id, slug, name, platform } = app;
  return {
    id,
    partner_id,
    slug,
    name,
    platform,
    capabilities: JSON.parse(app.capabilities_json) as string[],
  };
}
