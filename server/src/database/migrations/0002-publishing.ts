import { sql, type Kysely } from 'kysely';

/** What publishing remembers: which statements are in the allowlist, and the newest version of every role. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await statement.execute(db);
}

const STATEMENTS = [
  sql`alter table statements add column listed_since bigint`,
  sql`alter table statements add column offline_seconds bigint`,
  sql`create index statements_entering on statements (role) where state = 'approved'`,
  sql`create index statements_leaving on statements (role)
    where listed_since is not null and state in ('proposed', 'superseded', 'revoked', 'withdrawn')`,
  sql`create index approvals_approver on approvals (approver_id)`,

  // Metadata lies in files; their names hold the version of the publication that made them.
  sql`drop table metadata_files`,
  sql`create table roles (
    role text primary key, version bigint not null, length bigint not null, digest text not null, expires text not null,
    listed bigint not null)`,
  sql`alter table publications add column signed_at text`,
  sql`alter table packages add column release_version text not null default ''`,

  // Whether the roster lists a passkey is what the roster says.
  sql`alter table approver_credentials drop column roster_version`,
  sql`drop table roster_requests`,
  sql`create table approver_changes (
    person_id text primary key references people (id), status text not null check (status in ('retired', 'compromised')),
    created_by text not null, created_at text not null)`,
];
