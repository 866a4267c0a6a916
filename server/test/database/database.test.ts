import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { openDatabase, sql, transaction } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { onEachDatabase } from '../databases.ts';

onEachDatabase('the database', (fresh) => {
  test('migrating twice changes nothing', async () => {
    const db = await fresh();
    await migrate(db);
    expect(await db.selectFrom('people').selectAll().execute()).toEqual([]);
  });

  test('bytes come back as they were', async () => {
    const db = await fresh();
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const at = '2026-01-01T00:00:00Z';
    await db
      .insertInto('people')
      .values({
        id: 'u-1',
        name: 'Ada',
        role: 'admin',
        partner_id: null,
        created_at: at,
        last_seen_at: null,
        left_at: null,
      })
      .execute();
    await db
      .insertInto('credentials')
      .values({
        id: 'x',
        person_id: 'u-1',
        public_key: bytes,
        counter: 2 ** 40,
        transports_json: '[]',
        created_at: at,
        last_used_at: null,
      })
      .execute();
    const row = await db.selectFrom('credentials').selectAll().executeTakeFirstOrThrow();
    expect(Uint8Array.from(row.public_key)).toEqual(bytes);
    expect(row.counter).toBe(2 ** 40);
  });

  test('transactions read, decide and write one after the other', async () => {
    const db = await fresh();
    await db.insertInto('settings').values({ name: 'count', value: '0' }).execute();
    const increment = () =>
      transaction(db, async (tx) => {
        const { value } = await tx.selectFrom('settings').selectAll().executeTakeFirstOrThrow();
        await tx
          .updateTable('settings')
          .set({ value: String(Number(value) + 1) })
          .execute();
      });
    await Promise.all(Array.from({ length: 25 }, increment));
    expect(await db.selectFrom('settings').select('value').executeTakeFirst()).toEqual({ value: '25' });
  });

  test('a transaction that fails leaves nothing', async () => {
    const db = await fresh();
    const failing = transaction(db, async (tx) => {
      await tx.insertInto('settings').values({ name: 'a', value: 'b' }).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('settings').selectAll().execute()).toEqual([]);
  });

  test('a person of a partner has a partner, an admin has none', async () => {
    const db = await fresh();
    const person = { name: 'x', partner_id: null, created_at: 'x', last_seen_at: null, left_at: null };
    await expect(
      db
        .insertInto('people')
        .values({ ...person, id: 'u-1', role: 'partner' })
        .execute(),
    ).rejects.toThrow(/constraint/i);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-database-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('SQLite keeps a write-ahead log and syncs every commit', async () => {
  const db = await openDatabase({ kind: 'sqlite', path: join(folder, 'modes.db') });
  const pragma = async (name: string) =>
    Object.values((await sql.raw(`pragma ${name}`).execute(db)).rows[0] ?? {})[0];
  expect(await pragma('journal_mode')).toBe('wal');
  expect(await pragma('synchronous')).toBe(2);
  expect(await pragma('foreign_keys')).toBe(1);
  await db.destroy();
});

test('a file that is no database is refused with one sentence that names it', async () => {
  const path = join(folder, 'corrupt.db');
  writeFileSync(path, 'this is not a database, whatever its name says'.repeat(100));
  await expect(openDatabase({ kind: 'sqlite', path })).rejects.toThrow(`The database ${path} cannot be used`);
});

test('a database of a newer portal is refused', async () => {
  const db = await openDatabase({ kind: 'sqlite', path: join(folder, 'newer.db') });
  await migrate(db);
  await sql`insert into kysely_migration values ('9999-later', '2099-01-01')`.execute(db);
  await expect(migrate(db)).rejects.toThrow('The database cannot be brought up to date');
  await db.destroy();
});

test('a PostgreSQL that does not answer is named without its password', async () => {
  const url = `postgres://user:secret@localhost/x?host=${encodeURIComponent(folder)}`;
  const failing = openDatabase({ kind: 'postgres', url });
  await expect(failing).rejects.toThrow('The database that DATABASE_URL names cannot be reached');
  await expect(failing).rejects.not.toThrow('secret');
});
