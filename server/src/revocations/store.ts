import type { RevocationSubject } from '@appwarrant/verifier/formats';

import type { Insertable, Queries, Selectable, Tx } from '../database/database.ts';
import type { RevocationsTable, StatementsTable } from '../database/tables.ts';

export type RevocationRow = Selectable<RevocationsTable>;

export async function revocationsOf(db: Queries, subjects: readonly string[]): Promise<RevocationRow[]> {
  return db.selectFrom('revocations').selectAll().where('subject', 'in', subjects).execute();
}

/** Every revocation, oldest first. */
export async function allRevocations(db: Queries): Promise<RevocationRow[]> {
  return db.selectFrom('revocations').selectAll().orderBy('created_at').orderBy('id').execute();
}

export async function insertRevocation(tx: Tx, row: Insertable<RevocationsTable>): Promise<void> {
  await tx.insertInto('revocations').values(row).execute();
}

/** Standing statements that may be about a subject; `covers` decides. */
export async function standingAbout(
  db: Queries,
  about: RevocationSubject,
): Promise<Selectable<StatementsTable>[]> {
  const standing = db
    .selectFrom('statements')
    .selectAll('statements')
    .where('statements.state', 'in', ['proposed', 'approved', 'published']);
  if (about.kind === 'statement') return standing.where('statements.digest', '=', about.digest).execute();
  const entries = standing
    .innerJoin('builds', 'builds.id', 'statements.subject_id')
    .where('statements.kind', '=', 'entry');
  switch (about.kind) {
    case 'artifact':
      return entries.where('builds.digest', '=', about.digest).execute();
    case 'identity':
      return entries.where('builds.thumbprint', '=', about.thumbprint).execute();
    case 'partner':
      return entries.where('builds.partner_id', '=', about.partner).execute();
    case 'app':
      return entries
        .innerJoin('apps', 'apps.id', 'builds.app_id')
        .where('builds.partner_id', '=', about.partner)
        .where('apps.slug', '=', about.app)
        .execute();
  }
}

export async function setStatementRevoked(tx: Tx, digest: string): Promise<void> {
  await tx.updateTable('statements').set({ state: 'revoked' }).where('digest', '=', digest).execute();
}

/** Whether there is anything by that name: a revocation of nothing is a typing mistake. */
export async function subjectExists(db: Queries, about: RevocationSubject): Promise<boolean> {
  switch (about.kind) {
    case 'statement':
      return isFound(db.selectFrom('statements').select('digest').where('digest', '=', about.digest));
    case 'artifact':
      return isFound(db.selectFrom('builds').select('id').where('digest', '=', about.digest));
    case 'identity':
      // The keys of copies that a partner's server vouches for stand nowhere here, so that any key may be one.
      return (
        (await isFound(db.selectFrom('builds').select('id').where('key_use', '=', 'attest'))) ||
        (await isFound(db.selectFrom('app_keys').select('app_id').where('thumbprint', '=', about.thumbprint)))
      );
    case 'partner':
      return isFound(db.selectFrom('partners').select('id').where('id', '=', about.partner));
    case 'app':
      return isFound(
        db
          .selectFrom('apps')
          .select('id')
          .where('partner_id', '=', about.partner)
          .where('slug', '=', about.app),
      );
  }
}

async function isFound(query: { executeTakeFirst(): Promise<unknown> }): Promise<boolean> {
  return (await query.executeTakeFirst()) !== undefined;
}
