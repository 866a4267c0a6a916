import type { Repository } from '@appwarrant/keys';
import {
  openBundleParts,
  readBundle,
  Refused,
  timeOf,
  type Anchor,
  type Bundle,
  type JsonObject,
  type OpenedBundle,
} from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import type { Db } from '../database/database.ts';
import { Problem } from '../problem.ts';

/** What the portal judges its own bundles against: nothing but the first root, which the registry id fixes. */
export interface OwnAnchor {
  /** Root version 1 as a whole signed document. */
  readonly firstRoot: JsonObject;
  readonly repository: Repository;
  /** When the timestamp was signed, and the clock now; Unix seconds. */
  readonly signedAt: number;
  readonly now: number;
}

/** What was opened last for a customer: it saves verifying again what did not change. */
const held = new WeakMap<Db, Map<string, OpenedBundle>>();
const HELD = 4;

/**
 * Opens a customer's bundle as the customer's verifier will, for no deployment in particular: nothing leaves the portal
 * that has not passed.
 * @throws Problem publication_refused with the verifier's reason
 */
export function openOwnBundle(
  context: Context,
  customerId: string,
  bundle: Uint8Array | Bundle,
  anchor: OwnAnchor,
): OpenedBundle {
  const known = held.get(context.db) ?? new Map<string, OpenedBundle>();
  held.set(context.db, known);
  try {
    const opened = openBundleParts(bundle instanceof Uint8Array ? readBundle(bundle) : bundle, {
      anchor: anchorOf(context, anchor),
      deployment: null,
      held: known.get(customerId) ?? null,
      floor: null,
      // Some things are issued a second ahead, to be later than a revocation.
      now: Math.max(anchor.now, anchor.signedAt),
      systemClock: anchor.now,
    });
    known.delete(customerId);
    known.set(customerId, opened);
    for (const oldest of known.keys()) if (known.size > HELD) known.delete(oldest);
    return opened;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Problem('publication_refused', `The verifier would refuse this bundle. ${error.message}`, {
      reason: error.code,
      cause: error,
    });
  }
}

function anchorOf(context: Context, { firstRoot, repository, signedAt }: OwnAnchor): Anchor {
  const { environment, vendor } = context.repository;
  return {
    vendor,
    registry: repository.registry,
    environment,
    root: firstRoot,
    minimum: { targets: repository.targets.version, signedAt: timeOf(signedAt) },
  };
}
