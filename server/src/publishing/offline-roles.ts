import { openRepository, type Repository } from '@appwarrant/keys';

import type { Context } from '../context.ts';
import type { Db, Queries } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { readRoleBytes } from './metadata-folder.ts';
import { roleRow } from './store.ts';

const opened = new WeakMap<Db, { readonly versions: string; readonly repository: Repository }>();

/**
 * What the offline keys have signed: root and targets in force, their signatures verified from the first root on.
 * Inside a transaction, give it as `db`.
 * @throws Problem not_ready before the portal has a registry
 */
export async function offlineRoles(context: Context, db: Queries = context.db): Promise<Repository> {
  const root = await roleRow(db, 'root');
  const targets = await roleRow(db, 'targets');
  if (root === undefined || targets === undefined)
    throw new Problem('not_ready', 'The portal has no registry yet.');
  const versions = `${root.version} ${targets.version}`;
  const known = opened.get(context.db);
  if (known?.versions === versions) return known.repository;
  const repository = openRepository({
    roots: rootFiles(context, root.version),
    targets: readRoleBytes(context.dataDir, 'targets', targets.version),
  });
  if (repository.registry !== context.repository.registry) {
    throw new Problem('not_ready', 'The metadata folder belongs to another registry.');
  }
  opened.set(context.db, { versions, repository });
  return repository;
}

/** Every root from the first to this version. */
export function rootFiles({ dataDir }: Context, version: number): Uint8Array[] {
  return Array.from({ length: version }, (_, index) => readRoleBytes(dataDir, 'root', index + 1));
}
