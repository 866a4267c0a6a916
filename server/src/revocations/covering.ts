import { canonicalText, secondsOf, type RevocationSubject } from '@appwarrant/verifier/formats';

import type { Queries } from '../database/database.ts';
import { revocationsOf } from './store.ts';

/** What revocations of an entry may name. */
export interface EntryPlace {
  /** The artifact's. */
  readonly digest: string;
  readonly partner: string;
  /** The app's slug. */
  readonly app: string;
  readonly thumbprint: string;
}

/**
 * Until when entries of this build are revoked, in Unix seconds; -1 where they never were. A statement that undoes the
 * revocation must be issued later.
 */
export async function lastRevocationOf(db: Queries, place: EntryPlace): Promise<number> {
  const { digest, partner, app, thumbprint } = place;
  const subjects: RevocationSubject[] = [
    { kind: 'artifact', digest },
    { kind: 'app', partner, app },
    { kind: 'partner', partner },
    { kind: 'identity', thumbprint },
  ];
  const rows = await revocationsOf(
    db,
    subjects.map((subject) => canonicalText(subject)),
  );
  return Math.max(-1, ...rows.map(({ through }) => secondsOf(through)));
}
