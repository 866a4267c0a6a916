import { parseJsonText, parseRevocation, type Revocation } from '@appwarrant/verifier/formats';

import type { Queries } from '../database/database.ts';
import { allRevocations } from './store.ts';

/** A revocation as metadata lists it, and the first publication that carried it. */
export interface ListedRevocation {
  readonly id: string;
  readonly revocation: Revocation;
  /** Null while no publication has. */
  readonly publishedVersion: number | null;
}

/** Every revocation that was ever made here, oldest first: none is ever taken back. */
export async function listedRevocations(db: Queries): Promise<ListedRevocation[]> {
  return (await allRevocations(db)).map(({ id, subject, through, published_version }) => ({
    id,
    revocation: parseRevocation({ subject: parseJsonText(subject), through }),
    publishedVersion: published_version,
  }));
}
