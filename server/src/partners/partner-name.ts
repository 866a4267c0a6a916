import type { Db } from '../database/database.ts';
import { allPartners, partnerById } from './store.ts';

/** A partner's name; undefined where there is none. */
export async function partnerName(db: Db, id: string): Promise<string | undefined> {
  return (await partnerById(db, id))?.name;
}

/** Every partner's name, by id. */
export async function partnerNames(db: Db): Promise<ReadonlyMap<string, string>> {
  return new Map((await allPartners(db)).map((partner) => [partner.id, partner.name]));
}
