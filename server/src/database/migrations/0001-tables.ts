import { sql, type Kysely, type RawBuilder } from 'kysely';

import { bytesType } from '../bytes-type.ts';

/** The first tables. tables.ts says what each column means. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements(bytesType(db))) await statement.execute(db);
}

function statements(bytes: RawBuilder<unknown>): RawBuilder<unknown>[] {
  return [
    sql`create table settings (name text primary key, value text not null)`,

    sql`create table partners (
      id text primary key, name text not null unique, created_by text, created_at text not null)`,
    sql`create table people (
      id text primary key, name text not null, role text not null check (role in ('admin', 'partner')),
      partner_id text references partners (id), created_at text not null, last_seen_at text, left_at text,
      check ((role = 'partner') = (partner_id is not null)))`,
    sql`create table credentials (
      id text primary key, person_id text not null references people (id), public_key ${bytes} not null,
      counter bigint not null, transports_json text not null, created_at text not null, last_used_at text)`,
    sql`create index credentials_person on credentials (person_id)`,
    sql`create table invitations (
      token_digest text primary key, kind text not null check (kind in ('admin', 'partner')), name text not null,
      partner_id text references partners (id), created_by text, created_at text not null,
      expires_at text not null, used_at text)`,
    sql`create table sessions (
      token_digest text primary key, person_id text not null references people (id), created_at text not null,
      seen_at text not null, expires_at text not null)`,
    sql`create index sessions_person on sessions (person_id)`,
    sql`create table flows (
      id text primary key, kind text not null, challenge text not null, invitation text, person_id text,
      expires_at text not null)`,

    sql`create table apps (
      id text primary key, partner_id text not null references partners (id), slug text not null,
      name text not null, platform text not null, capabilities_json text not null, created_by text not null,
      created_at text not null, unique (partner_id, slug))`,
    sql`create table app_keys (
      thumbprint text primary key, app_id text not null references apps (id), created_at text not null)`,
    sql`create table uploads (
      id text primary key, person_id text not null references people (id), partner_id text, digest text not null,
      length bigint not null, kind text not null, name text, version text, findings_json text not null,
      created_at text not null)`,
    sql`create index uploads_digest on uploads (digest)`,
    sql`create table builds (
      id text primary key, app_id text not null references apps (id), partner_id text not null references partners (id),
      digest text not null, length bigint not null, kind text not null, version text not null,
      key_json text not null, thumbprint text not null references app_keys (thumbprint), key_proof text not null,
      holder text not null, capabilities_json text not null, customers_json text not null,
      findings_json text not null, review text not null,
      state text not null check (state in ('waiting', 'approved', 'published', 'rejected', 'revoked')),
      submitted_by text not null, submitted_at text not null, decided_at text, reason text,
      unique (app_id, digest))`,
    sql`create index builds_state on builds (state, submitted_at)`,
    sql`create index builds_partner on builds (partner_id, submitted_at)`,
    sql`create index builds_digest on builds (digest)`,
    sql`create table build_history (
      build_id text not null references builds (id), seq bigint not null, at text not null, actor text,
      event text not null, detail text not null, primary key (build_id, seq))`,

    sql`create table statements (
      digest text primary key, kind text not null check (kind in ('entry', 'licence', 'grant')), role text not null,
      path text not null, statement text not null, subject_id text not null, issued text not null,
      expires text not null, state text not null, created_by text, created_at text not null, approved_at text)`,
    sql`create index statements_subject on statements (subject_id)`,
    sql`create index statements_state on statements (state, kind)`,
    sql`create index statements_role on statements (role, path)`,
    sql`create table approval_lists (
      id text primary key, token_digest text not null unique, kind text not null, created_by text not null,
      created_at text not null, expires_at text not null, used_at text)`,
    sql`create table approval_list_items (
      list_id text not null references approval_lists (id), position bigint not null,
      statement_digest text not null references statements (digest), primary key (list_id, position),
      unique (list_id, statement_digest))`,
    sql`create table approvals (
      statement_digest text not null references statements (digest), approver_id text not null references people (id),
      credential_id text not null, list_id text not null references approval_lists (id), approval_json text not null,
      created_at text not null, primary key (statement_digest, approver_id))`,
    sql`create table enrolments (
      token_digest text primary key, person_id text not null references people (id), created_by text not null,
      created_at text not null, expires_at text not null, used_at text)`,
    sql`create table approver_credentials (
      id text primary key, person_id text not null references people (id), alg text not null,
      key_json text not null, thumbprint text not null unique, created_at text not null, roster_version bigint)`,
    sql`create table roster_requests (
      id text primary key, state text not null check (state in ('open', 'applied', 'dropped')), request text not null,
      created_by text, created_at text not null, applied_at text, applied_version bigint)`,

    sql`create table customers (
      id text primary key, name text not null unique, created_by text, created_at text not null)`,
    sql`create table deployments (
      id text primary key, customer_id text not null references customers (id), origins_json text not null,
      created_at text not null)`,
    sql`create index deployments_customer on deployments (customer_id)`,
    sql`create table grants (
      id text primary key, customer_id text not null references customers (id), effect_json text not null,
      reason text not null, statement_digest text not null references statements (digest), created_by text not null,
      created_at text not null)`,
    sql`create table revocations (
      id text primary key, subject text not null, through text not null, reason text not null,
      created_by text not null, created_at text not null, published_version bigint)`,
    sql`create index revocations_subject on revocations (subject)`,

    sql`create table metadata_files (
      role text not null, version bigint not null, bytes ${bytes}, digest text,
      state text not null check (state in ('reserved', 'sealed', 'published')), created_at text not null,
      primary key (role, version), check ((state = 'reserved') = (bytes is null)))`,
    sql`create table publications (
      version bigint primary key, state text not null check (state in ('reserved', 'published', 'failed')),
      cause text not null, created_by text, created_at text not null, published_at text, snapshot_version bigint,
      targets_version bigint, registry_version bigint, summary_json text not null)`,
    sql`create table packages (
      id text primary key, version text not null, file text not null, digest text not null, length bigint not null,
      anchor_json text not null, targets_version bigint not null, created_by text not null, created_at text not null)`,

    sql`create table audit (
      seq bigint primary key, at text not null, actor text, action text not null, subject text,
      detail text not null, previous text not null, digest text not null unique)`,
  ];
}
