import { composeRequest, type Package } from '@appwarrant/keys';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { offlineRequest, signOffline } from '../roster/sign-offline.ts';
import { allPackages } from './store.ts';

/**
 * With development keys: has `targets` list every package that was made. Does nothing where it does already.
 * @throws Problem offline_keys_elsewhere, publication_refused
 */
export async function listPackages(
  context: Context,
  { actor, now }: { actor: string | null; now: number },
): Promise<void> {
  const change = await packagesChange(context);
  if (change !== null) await signOffline(context, change, { cause: 'package', actor }, now);
}

/**
 * The request file with which a ceremony lists the packages that were made.
 * @throws Problem roster_request_missing where `targets` lists all of them
 */
export async function packagesRequestFile(context: Context, now: number): Promise<Uint8Array> {
  const change = await packagesChange(context);
  if (change === null)
    throw new Problem('roster_request_missing', 'The targets in force list every package already.');
  return composeRequest(await offlineRequest(context, change, now));
}

async function packagesChange(context: Context) {
  const { packages } = (await offlineRoles(context)).targets;
  const listed = new Set(packages.map(({ path }) => path));
  const made = (await allPackages(context.db)).map(({ file, length, digest }): Package => ({
    path: `packages/${file}`,
    length,
    digest,
  }));
  const missing = made.filter(({ path }) => !listed.has(path));
  return missing.length === 0 ? null : { kind: 'packages' as const, packages: [...packages, ...missing] };
}
