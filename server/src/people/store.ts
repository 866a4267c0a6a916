import type { Db, Insertable, Selectable, Tx } from '../database/database.ts';
import type {
  CredentialsTable,
  FlowsTable,
  InvitationsTable,
  PeopleTable,
  SessionsTable,
} from '../database/tables.ts';

export type PersonRecord = Selectable<PeopleTable>;
export type InvitationRecord = Selectable<InvitationsTable>;
export type CredentialRecord = Selectable<CredentialsTable>;
export type FlowRecord = Selectable<FlowsTable>;

export async function namesOf(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('people').select(['id', 'name']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}

export async function personById(db: Db, id: string): Promise<PersonRecord | undefined> {
  return db.selectFrom('people').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function allPeople(db: Db): Promise<PersonRecord[]> {
  return db.selectFrom('people').selectAll().orderBy('name').orderBy('id').execute();
}

export async function countActiveAdmins(db: Db): Promise<number> {
  const row = await db
    .selectFrom('people')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('role', '=', 'admin')
    .where('left_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function insertPerson(tx: Tx, row: Insertable<PeopleTable>): Promise<void> {
  await tx.insertInto('people').values(row).execute();
}

export async function setLeft(tx: Tx, id: string, at: string): Promise<void> {
  await tx.updateTable('people').set({ left_at: at }).where('id', '=', id).execute();
  await tx.deleteFrom('sessions').where('person_id', '=', id).execute();
}

// --- passkeys

export async function credentialById(db: Db, id: string): Promise<CredentialRecord | undefined> {
  return db.selectFrom('credentials').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function countCredentials(db: Db): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('credentials')
    .select((eb) => ['person_id', eb.fn.countAll<number>().as('n')])
    .groupBy('person_id')
    .execute();
  return new Map(rows.map((row) => [row.person_id, Number(row.n)]));
}

export async function insertCredential(tx: Tx, row: Insertable<CredentialsTable>): Promise<void> {
  await tx.insertInto('credentials').values(row).execute();
}

export async function setCredentialUsed(tx: Tx, id: string, counter: number, at: string): Promise<void> {
  await tx.updateTable('credentials').set({ counter, last_used_at: at }).where('id', '=', id).execute();
}

// --- invitations

export async function invitationByDigest(db: Db, tokenDigest: string): Promise<InvitationRecord | undefined> {
  return db.selectFrom('invitations').selectAll().where('token_digest', '=', tokenDigest).executeTakeFirst();
}

export async function openInvitations(db: Db, now: string): Promise<InvitationRecord[]> {
  return db
    .selectFrom('invitations')
    .selectAll()
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at')
    .execute();
}

export async function insertInvitation(tx: Tx, row: Insertable<InvitationsTable>): Promise<void> {
  await tx.insertInto('invitations').values(row).execute();
}

export async function setInvitationUsed(tx: Tx, tokenDigest: string, at: string): Promise<void> {
  await tx.updateTable('invitations').set({ used_at: at }).where('token_digest', '=', tokenDigest).execute();
}

/** The links that earlier starts printed: a new one replaces them. */
export async function dropFirstInvitations(tx: Tx): Promise<void> {
  await tx.deleteFrom('invitations').where('created_by', 'is', null).where('used_at', 'is', null).execute();
}

// --- flows

export async function insertFlow(tx: Tx, row: Insertable<FlowsTable>): Promise<void> {
  await tx.insertInto('flows').values(row).execute();
}

/** Takes a flow away, so that its challenge serves once. */
export async function takeFlow(tx: Tx, id: string): Promise<FlowRecord | undefined> {
  return tx.deleteFrom('flows').where('id', '=', id).returningAll().executeTakeFirst();
}

export async function dropOldFlows(tx: Tx, now: string): Promise<void> {
  await tx.deleteFrom('flows').where('expires_at', '<=', now).execute();
}

// --- sessions

export async function insertSession(tx: Tx, row: Insertable<SessionsTable>): Promise<void> {
  await tx.insertInto('sessions').values(row).execute();
}

export async function sessionWithPerson(db: Db, tokenDigest: string) {
  return db
    .selectFrom('sessions')
    .innerJoin('people', 'people.id', 'sessions.person_id')
    .select([
      'people.id',
      'people.name',
      'people.role',
      'people.partner_id',
      'people.left_at',
      'sessions.expires_at',
      'sessions.seen_at',
    ])
    .where('sessions.token_digest', '=', tokenDigest)
    .executeTakeFirst();
}

export async function setSeen(db: Db, tokenDigest: string, personId: string, at: string): Promise<void> {
  await db.updateTable('sessions').set({ seen_at: at }).where('token_digest', '=', tokenDigest).execute();
  await db.updateTable('people').set({ last_seen_at: at }).where('id', '=', personId).execute();
}

export async function deleteSession(db: Db, tokenDigest: string): Promise<void> {
  await db.deleteFrom('sessions').where('token_digest', '=', tokenDigest).execute();
}

export async function dropOldSessions(tx: Tx, now: string): Promise<void> {
  await tx.deleteFrom('sessions').where('expires_at', '<=', now).execute();
}
