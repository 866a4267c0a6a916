import {
  applyRequest,
  KeysError,
  OFFLINE_LIFETIME,
  sealMetadata,
  type CeremonyRequest,
  type Change,
} from '@appwarrant/keys';
import { mergeRevocations, Refused, timeOf } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';
import { publishOrThrow, type Cause, type Publication } from '../publishing/publish.ts';
import { listedRevocations } from '../revocations/listed-revocations.ts';

/** What the offline keys are asked for: the whole of what shall be, and every revocation so far (SPEC §2.2). */
export async function offlineRequest(
  context: Context,
  change: Change,
  now: number,
): Promise<CeremonyRequest> {
  const { registry, root, targets } = await offlineRoles(context);
  const revoked = await listedRevocations(context.db);
  return {
    type: 'appwarrant/ceremony-request/1',
    registry,
    environment: root.environment,
    made: timeOf(now),
    base: { root: root.version, targets: targets.version },
    revocations: [...mergeRevocations(revoked.map(({ revocation }) => revocation)).values()],
    change,
  };
}

/**
 * With development keys the portal holds the offline keys, too: it signs the change itself, and publishes it.
 * @throws Problem offline_keys_elsewhere in production, publication_refused where a ceremony would refuse the change
 */
export async function signOffline(
  context: Context,
  change: Change,
  why: Omit<Cause, 'offline'>,
  now: number,
): Promise<Publication> {
  const { offline } = context.keys;
  if (offline === null) {
    throw new Problem(
      'offline_keys_elsewhere',
      'Only the holders of the offline keys can sign this. Take the request file to them.',
    );
  }
  const request = await offlineRequest(context, change, now);
  const dates = { now, expires: timeOf(now + OFFLINE_LIFETIME) };
  const drafts = draftsOf(await offlineRoles(context), request, dates);
  return publishOrThrow(context, {
    ...why,
    offline: {
      roots: drafts.root === null ? [] : [await sealMetadata(drafts.root, [offline.root])],
      targets: drafts.targets === null ? null : await sealMetadata(drafts.targets, [offline.targets]),
    },
  });
}

/** The rules of a ceremony, in the portal's words. */
function draftsOf(...args: Parameters<typeof applyRequest>): ReturnType<typeof applyRequest> {
  try {
    return applyRequest(...args);
  } catch (error) {
    if (!(error instanceof KeysError || error instanceof Refused)) throw error;
    throw new Problem('publication_refused', error.message, { cause: error });
  }
}
