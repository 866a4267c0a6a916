import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { replaceFile } from '@appwarrant/keys';
import { fileText, parseAnchor, parseJson, timeOf, type JsonObject } from '@appwarrant/verifier/formats';

import { appendAudit } from '../audit/append.ts';
import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { newId } from '../ids.ts';
import { Problem } from '../problem.ts';
import { inForce } from '../publishing/in-force.ts';
import { readRoleBytes } from '../publishing/metadata-folder.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { listPackages } from './list-packages.ts';
import { readRelease } from './read-release.ts';
import { allPackages, insertPackage, type PackageRow } from './store.ts';
import { vendorPackage } from './vendor-package.ts';

/** The verifier's release as it lies in this source tree. */
const RELEASE = join(import.meta.dirname, '../../../verifier');

const ROOT_BYTES = 512 * 1024;

/**
 * Makes the package that this vendor's customers install: the verifier's release with this registry as its trust anchor.
 * It loads nothing older than what is in force now. With development keys the next `targets` lists it at once; else a
 * ceremony does (`packagesRequestFile`).
 * @throws Problem package_not_ready, publication_refused
 */
export async function makePackage(
  context: Context,
  { actor, now, release = RELEASE }: { actor: string; now: number; release?: string },
): Promise<PackageRow> {
  const { vendor } = context.repository;
  const built = readRelease(release);
  const { targets } = await offlineRoles(context);
  const anchor = await anchorFile(context);
  const earlier = await allPackages(context.db);
  const sameRelease = earlier.filter(({ release_version }) => release_version === built.version).length;
  const { version, file, bytes } = await vendorPackage(built, vendor, anchor, sameRelease);

  const row: PackageRow = {
    id: newId('k', context.random),
    version,
    release_version: built.version,
    file,
    digest: createHash('sha256').update(bytes).digest('hex'),
    length: bytes.length,
    anchor_json: Buffer.from(anchor).toString('utf8'),
    targets_version: targets.version,
    created_by: actor,
    created_at: timeOf(now),
  };
  mkdirSync(join(context.dataDir, 'packages'), { recursive: true });
  replaceFile(packagePath(context, row), bytes, 0o644);
  await transaction(context.db, async (tx) => {
    await insertPackage(tx, row);
    const detail = { file, digest: row.digest, targets: targets.version };
    await appendAudit(tx, { now, actor, action: 'package.make', subject: row.id, detail });
  });
  if (context.keys.offline !== null) await listPackages(context, { actor, now });
  return row;
}

/** Where a package's file lies. */
export function packagePath({ dataDir }: Context, { file }: { readonly file: string }): string {
  return join(dataDir, 'packages', file);
}

/** anchor.json: this registry's newest root, and what is in force as the least that the package accepts. */
async function anchorFile(context: Context): Promise<Uint8Array> {
  const { registry, environment, vendor } = context.repository;
  const { root, targets } = await offlineRoles(context);
  const { signedAt } = await inForce(context);
  if (signedAt === '') throw new Problem('package_not_ready', 'Nothing has been published yet.');
  const newestRoot = parseJson(
    readRoleBytes(context.dataDir, 'root', root.version),
    ROOT_BYTES,
  ) as JsonObject;
  const bytes = new TextEncoder().encode(
    fileText({
      type: 'appwarrant/anchor/1',
      anchor: {
        vendor,
        registry,
        environment,
        root: newestRoot,
        minimum: { targets: targets.version, signedAt },
      },
    }),
  );
  // What the package could not read must not leave the house.
  parseAnchor(bytes);
  return bytes;
}
