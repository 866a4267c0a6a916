// The databases that store tests run on: a real SQLite file always, and a real PostgreSQL where there is one.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe } from 'vitest';

import { openDatabase, type Db } from '../src/database/database.ts';
import { migrate } from '../src/database/migrate.ts';
import { startPostgres, whyNoPostgres, type TestCluster } from './postgres.ts';

/** Declares the same tests on both databases; `fresh` opens a new one with all tables. */
export function onEachDatabase(name: string, tests: (fresh: () => Promise<Db>) => void): void {
  describe(`${name}, on SQLite`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'appwarrant-sqlite-'));
    let count = 0;
    declare(tests, async () => {
      count += 1;
      return { kind: 'sqlite', path: join(folder, `${count}.db`) };
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
  });

  const why = whyNoPostgres();
  describe.skipIf(why !== null)(`${name}, on PostgreSQL${why === null ? '' : ` (skipped: ${why})`}`, () => {
    let cluster: TestCluster;
    beforeAll(async () => {
      cluster = await startPostgres();
    });
    declare(tests, async () => ({ kind: 'postgres', url: cluster.database() }));
    afterAll(() => cluster.stop());
  });
}

function declare(
  tests: (fresh: () => Promise<Db>) => void,
  place: () => Promise<Parameters<typeof openDatabase>[0]>,
): void {
  const open: Db[] = [];
  tests(async () => {
    const db = await openDatabase(await place());
    open.push(db);
    await migrate(db);
    return db;
  });
  afterAll(() => Promise.all(open.map((db) => db.destroy())));
}
