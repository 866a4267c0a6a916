import { composeRequest, KeysError, openRepository } from '@appwarrant/keys';
import { fileText, Refused, type JsonValue } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { offlineRoles, rootFiles } from '../publishing/offline-roles.ts';
import { publishOrThrow, type Publication } from '../publishing/publish.ts';
import { nextRoster } from './next-roster.ts';
import { offlineRequest, signOffline } from './sign-offline.ts';

/** Origins at which approving pages of this portal stand: with development keys a changed port adds its own. */
export function ownOrigins(context: Context): string[] {
  return context.repository.environment === 'development' ? [context.config.approveOrigin] : [];
}

/**
 * With development keys: signs everything that waits for the roster, and publishes it.
 * @throws Problem offline_keys_elsewhere, roster_request_missing
 */
export async function applyRoster(
  context: Context,
  { actor, now }: { actor: string | null; now: number },
): Promise<Publication> {
  const change = await rosterChange(context);
  return signOffline(context, change, { cause: 'roster', actor }, now);
}

/** The request file for the ceremony. @throws Problem roster_request_missing where nothing waits */
export async function rosterRequestFile(context: Context, now: number): Promise<Uint8Array> {
  return composeRequest(await offlineRequest(context, await rosterChange(context), now));
}

/**
 * Takes `targets` that the offline keys signed, verifies them as the successor of those in force, and publishes them.
 * @throws Problem roster_import_refused, publication_refused
 */
export async function importTargets(context: Context, file: JsonValue, actor: string): Promise<Publication> {
  const targets = new TextEncoder().encode(fileText(file));
  const inForce = await offlineRoles(context);
  try {
    const next = openRepository({ roots: rootFiles(context, inForce.root.version), targets });
    if (next.targets.version !== inForce.targets.version + 1) {
      throw new Problem(
        'roster_import_refused',
        `This is version ${next.targets.version} of targets; what follows version ${inForce.targets.version} is wanted.`,
      );
    }
  } catch (error) {
    if (!(error instanceof KeysError || error instanceof Refused)) throw error;
    throw new Problem('roster_import_refused', error.message, { cause: error });
  }
  return publishOrThrow(context, { cause: 'roster', actor, offline: { roots: [], targets } });
}

async function rosterChange(context: Context) {
  const { roster } = (await offlineRoles(context)).targets;
  const next = await nextRoster(context.db, roster, ownOrigins(context));
  const moved = next.roster.origins.length > roster.origins.length;
  if (next.enrolled.length === 0 && next.changes.length === 0 && !moved) {
    throw new Problem('roster_request_missing', 'Nothing waits for the roster.');
  }
  return { kind: 'roster' as const, roster: next.roster };
}
