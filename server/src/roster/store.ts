import type { Insertable, Queries, Selectable, Tx } from '../database/database.ts';
import type { ApproverChangesTable, ApproverCredentialsTable, EnrolmentsTable } from '../database/tables.ts';

export type CredentialRow = Selectable<ApproverCredentialsTable>;
export type EnrolmentRow = Selectable<EnrolmentsTable>;
export type ChangeRow = Selectable<ApproverChangesTable>;

export async function insertEnrolment(tx: Tx, row: Insertable<EnrolmentsTable>): Promise<void> {
  await tx.insertInto('enrolments').values(row).execute();
}

export async function enrolmentOfToken(db: Queries, tokenDigest: string): Promise<EnrolmentRow | undefined> {
  return db.selectFrom('enrolments').selectAll().where('token_digest', '=', tokenDigest).executeTakeFirst();
}

export async function useEnrolment(tx: Tx, tokenDigest: string, usedAt: string): Promise<void> {
  await tx
    .updateTable('enrolments')
    .set({ used_at: usedAt })
    .where('token_digest', '=', tokenDigest)
    .execute();
}

export async function insertCredential(tx: Tx, row: Insertable<ApproverCredentialsTable>): Promise<void> {
  await tx.insertInto('approver_credentials').values(row).execute();
}

/** Every approval passkey with its owner's name. */
export async function allCredentials(db: Queries): Promise<(CredentialRow & { readonly name: string })[]> {
  return db
    .selectFrom('approver_credentials')
    .innerJoin('people', 'people.id', 'approver_credentials.person_id')
    .selectAll('approver_credentials')
    .select('people.name')
    .orderBy('approver_credentials.created_at')
    .execute();
}

export async function credentialOwner(
  db: Queries,
  credentialId: string,
): Promise<{ readonly person_id: string; readonly name: string } | undefined> {
  return db
    .selectFrom('approver_credentials')
    .innerJoin('people', 'people.id', 'approver_credentials.person_id')
    .select(['approver_credentials.person_id', 'people.name'])
    .where('approver_credentials.id', '=', credentialId)
    .executeTakeFirst();
}

/** Whether a key or credential id is registered for anything: approving or signing in. */
export async function credentialIsKnown(
  db: Queries,
  credentialId: string,
  thumbprint: string,
): Promise<boolean> {
  const approving = await db
    .selectFrom('approver_credentials')
    .select('id')
    .where((eb) => eb.or([eb('id', '=', credentialId), eb('thumbprint', '=', thumbprint)]))
    .executeTakeFirst();
  const signIn = await db
    .selectFrom('credentials')
    .select('id')
    .where('id', '=', credentialId)
    .executeTakeFirst();
  return approving !== undefined || signIn !== undefined;
}

export async function person(db: Queries, id: string) {
  return db
    .selectFrom('people')
    .select(['id', 'name', 'role', 'left_at'])
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function allChanges(db: Queries): Promise<ChangeRow[]> {
  return db.selectFrom('approver_changes').selectAll().orderBy('created_at').execute();
}

export async function putChange(tx: Tx, row: Insertable<ApproverChangesTable>): Promise<void> {
  await tx
    .insertInto('approver_changes')
    .values(row)
    .onConflict((conflict) => {
      const waiting = conflict.column('person_id');
      // Whose key was called compromised does not become a colleague who merely left.
      return row.status === 'compromised' ? waiting.doUpdateSet({ status: row.status }) : waiting.doNothing();
    })
    .execute();
}

/** People with a link to enrol that still works. */
export async function enrollingPeople(db: Queries, now: string): Promise<string[]> {
  const rows = await db
    .selectFrom('enrolments')
    .select('person_id')
    .distinct()
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .execute();
  return rows.map(({ person_id }) => person_id);
}
