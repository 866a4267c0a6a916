import {
  sql,
  type Db,
  type Insertable,
  type Selectable,
  type Tx,
  type Updateable,
} from '../database/database.ts';
import type { BuildHistoryTable, BuildsTable, BuildState, KeyUse, UploadsTable } from '../database/tables.ts';

export type UploadRecord = Selectable<UploadsTable>;

// --- uploads

export async function insertUpload(tx: Tx, row: Insertable<UploadsTable>): Promise<void> {
  await tx.insertInto('uploads').values(row).execute();
}

export async function uploadById(db: Db, id: string): Promise<UploadRecord | undefined> {
  return db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function deleteUpload(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('uploads').where('id', '=', id).execute();
}

/** Forgets the uploads made before a time; gives their digests. */
export async function dropUploadsBefore(tx: Tx, before: string): Promise<string[]> {
  const rows = await tx.deleteFrom('uploads').where('created_at', '<', before).returning('digest').execute();
  return rows.map(({ digest }) => digest);
}

/** Whether any upload or build still stands for these bytes. */
export async function digestIsKept(db: Db, digest: string): Promise<boolean> {
  const upload = await db
    .selectFrom('uploads')
    .select('id')
    .where('digest', '=', digest)
    .limit(1)
    .executeTakeFirst();
  if (upload !== undefined) return true;
  const build = await db
    .selectFrom('builds')
    .select('id')
    .where('digest', '=', digest)
    .limit(1)
    .executeTakeFirst();
  return build !== undefined;
}

// --- builds

const DETAILS = [
  'builds.id',
  'builds.app_id',
  'builds.partner_id',
  'builds.digest',
  'builds.length',
  'builds.kind',
  'builds.version',
  'builds.key_json',
  'builds.thumbprint',
  'builds.key_use',
  'builds.holder',
  'builds.capabilities_json',
  'builds.customers_json',
  'builds.findings_json',
  'builds.review',
  'builds.state',
  'builds.submitted_by',
  'builds.submitted_at',
  'builds.decided_at',
  'builds.reason',
  'apps.slug',
  'apps.platform',
  'apps.name as app_name',
  'partners.name as partner_name',
] as const;

function joined(db: Db) {
  return db
    .selectFrom('builds')
    .innerJoin('apps', 'apps.id', 'builds.app_id')
    .innerJoin('partners', 'partners.id', 'builds.partner_id');
}

export type BuildRecord = NonNullable<Awaited<ReturnType<typeof buildById>>>;

export async function buildById(db: Db, id: string) {
  return joined(db).select(DETAILS).where('builds.id', '=', id).executeTakeFirst();
}

export interface BuildFilter {
  /** Only this partner's builds. */
  readonly partnerId: string | null;
  readonly appId: string | null;
  readonly state: BuildState | null;
  /** Found in the app's name, version, digest, partner's name. */
  readonly search: string | null;
}

export interface BuildOrder {
  readonly by: 'submitted' | 'version' | 'app' | 'state' | 'partner';
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

const COLUMNS = {
  submitted: 'builds.submitted_at',
  version: 'builds.version',
  app: 'apps.name',
  state: 'builds.state',
  partner: 'partners.name',
} as const;

function filtered(db: Db, filter: BuildFilter) {
  let query = joined(db);
  if (filter.partnerId !== null) query = query.where('builds.partner_id', '=', filter.partnerId);
  if (filter.appId !== null) query = query.where('builds.app_id', '=', filter.appId);
  if (filter.state !== null) query = query.where('builds.state', '=', filter.state);
  if (filter.search !== null) {
    const pattern = `%${filter.search.toLowerCase().replaceAll(/[\\%_]/g, (found) => `\\${found}`)}%`;
    query = query.where((eb) =>
      eb.or(
        (
          ['apps.name', 'apps.slug', 'builds.version', 'builds.digest', 'builds.id', 'partners.name'] as const
        ).map((column) => sql<boolean>`lower(${eb.ref(column)}) like ${pattern} escape '\\'`),
      ),
    );
  }
  return query;
}

export async function findBuilds(db: Db, filter: BuildFilter, order: BuildOrder): Promise<BuildRecord[]> {
  const direction = order.descending ? 'desc' : 'asc';
  return filtered(db, filter)
    .select(DETAILS)
    .orderBy(COLUMNS[order.by], direction)
    .orderBy('builds.submitted_at', direction)
    .orderBy('builds.id', direction)
    .limit(order.limit)
    .offset(order.offset)
    .execute();
}

export async function countBuilds(db: Db, filter: BuildFilter): Promise<number> {
  const row = await filtered(db, filter)
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function countByState(
  db: Db,
  partnerId: string | null,
): Promise<ReadonlyMap<BuildState, number>> {
  let query = db
    .selectFrom('builds')
    .select((eb) => ['state', eb.fn.countAll<number>().as('n')])
    .groupBy('state');
  if (partnerId !== null) query = query.where('partner_id', '=', partnerId);
  return new Map((await query.execute()).map((row) => [row.state, Number(row.n)]));
}

export async function countByApp(db: Db, partnerId: string | null) {
  let query = db
    .selectFrom('builds')
    .select((eb) => ['app_id', 'state', eb.fn.countAll<number>().as('n')])
    .groupBy(['app_id', 'state']);
  if (partnerId !== null) query = query.where('partner_id', '=', partnerId);
  return (await query.execute()).map((row) => ({ ...row, n: Number(row.n) }));
}

export async function buildOfDigest(db: Db, appId: string, digest: string) {
  return db
    .selectFrom('builds')
    .select(['id', 'state'])
    .where('app_id', '=', appId)
    .where('digest', '=', digest)
    .executeTakeFirst();
}

export async function insertBuild(tx: Tx, row: Insertable<BuildsTable>): Promise<void> {
  await tx.insertInto('builds').values(row).execute();
}

export async function setBuildState(tx: Tx, id: string, change: Updateable<BuildsTable>): Promise<void> {
  await tx.updateTable('builds').set(change).where('id', '=', id).execute();
}

// --- history

export async function insertHistory(tx: Tx, row: Omit<Insertable<BuildHistoryTable>, 'seq'>): Promise<void> {
  const last = await tx
    .selectFrom('build_history')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('build_id', '=', row.build_id)
    .executeTakeFirst();
  await tx
    .insertInto('build_history')
    .values({ ...row, seq: Number(last?.seq ?? 0) + 1 })
    .execute();
}

export async function historyOf(db: Db, buildId: string): Promise<Selectable<BuildHistoryTable>[]> {
  return db.selectFrom('build_history').selectAll().where('build_id', '=', buildId).orderBy('seq').execute();
}

// --- keys

export async function appOfKey(db: Db, thumbprint: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('app_keys')
    .select('app_id')
    .where('thumbprint', '=', thumbprint)
    .executeTakeFirst();
  return row?.app_id;
}

/** What a key was submitted for, in builds that are waiting, approved, rejected or revoked. */
export async function usesOfKey(db: Db, thumbprint: string): Promise<KeyUse[]> {
  const rows = await db
    .selectFrom('builds')
    .select('key_use')
    .distinct()
    .where('thumbprint', '=', thumbprint)
    .execute();
  return rows.map((row) => row.key_use);
}

export async function insertAppKey(tx: Tx, thumbprint: string, appId: string, at: string): Promise<void> {
  await tx.insertInto('app_keys').values({ thumbprint, app_id: appId, created_at: at }).execute();
}
