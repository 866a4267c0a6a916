import type { Context } from '../context.ts';
import { listedLicenses, newestPublished } from './store.ts';

/** What customers can receive now. */
export interface InForce {
  /** 0 before the first publication. */
  readonly version: number;
  readonly signedAt: string;
  /** Ids of the customers for whom there is a bundle. */
  readonly licensed: ReadonlySet<string>;
}

export async function inForce({ db }: Context): Promise<InForce> {
  const newest = await newestPublished(db);
  const licenses = await listedLicenses(db);
  return {
    version: newest?.version ?? 0,
    signedAt: newest?.signed_at ?? '',
    licensed: new Set(licenses.map(({ role }) => role)),
  };
}
