import {
  parseJson,
  parseJsonText,
  secondsOf,
  type JsonObject,
  type LicenseCustom,
} from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { transaction } from '../database/database.ts';
import { Problem } from '../problem.ts';
import { bundleMembers, rootPlaces } from './bundle-members.ts';
import { readRoleBytes } from './metadata-folder.ts';
import { offlineRoles } from './offline-roles.ts';
import { openOwnBundle } from './open-own-bundle.ts';
import { packBundle } from './pack-bundle.ts';
import { allRoles, licenseInForce, newestPublished } from './store.ts';

export interface CustomerBundle {
  readonly bytes: Buffer;
  /** The publication that it holds. */
  readonly version: number;
  readonly signedAt: string;
}

const ROOT_BYTES = 512 * 1024;

/**
 * The bundle of a customer as it is in force, opened with the real verifier before it is handed out.
 * @throws Problem bundle_not_ready, publication_refused
 */
export async function bundleOf(context: Context, customerId: string, now: number): Promise<CustomerBundle> {
  // One transaction, so that no publication comes in between.
  const { license, publication, repository, roles } = await transaction(context.db, async (tx) => ({
    license: await licenseInForce(tx, customerId),
    publication: await newestPublished(tx),
    repository: await offlineRoles(context, tx),
    roles: new Map((await allRoles(tx)).map((row) => [row.role, row])),
  }));
  const signedAt = publication?.signed_at ?? null;
  if (license === undefined || publication === undefined || signedAt === null) {
    throw new Problem('bundle_not_ready', 'This customer has no approved licence in the allowlist yet.');
  }
  const { custom } = parseJsonText(license.statement) as { custom: LicenseCustom } & JsonObject;
  const roots = rootPlaces(context, repository.root.version);
  const members = bundleMembers(context, customerId, custom.partners, { roots, roles });
  const bytes = packBundle(repository.registry, customerId, members);
  openOwnBundle(context, bytes, {
    firstRoot: parseJson(readRoleBytes(context.dataDir, 'root', 1), ROOT_BYTES) as JsonObject,
    repository,
    signedAt: secondsOf(signedAt),
    now,
  });
  return { bytes, version: publication.version, signedAt };
}
