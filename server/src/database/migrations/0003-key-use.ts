import { sql, type Kysely } from 'kysely';

/** What a build's key does: it signs requests or, since attested keys, vouches for the keys of installed copies. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table builds add column key_use text not null default 'request'
    check (key_use in ('request', 'attest'))`.execute(db);
}
