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

/** What was opened before, for whomever: it saves verifying again what did not change. */
const held = new WeakMap<Db, OpenedBundle>();

/**
 * Opens a customer's bundle as the customer's verifier will, for no deployment in particular: nothing leaves the portal
 * that has not passed.
 * @throws Problem publication_refused with the verifier's reason
 */
export function openOwnBundle(
  context: Context,
  bundle: Uint8Array | Bundle,
  anchor: OwnAnchor,
): OpenedBundle {
  const known = held.get(context.db) ?? null;
  try {
    const opened = openBundleParts(bundle instanceof Uint8Array ? readBundle(bundle) : bundle, {
      anchor: anchorOf(context, anchor),
      deployment: null,
      held: known,
      floor: null,
      // Some things are issued a second ahead, to be later than a revocation.
      now: Math.max(anchor.now, anchor.signedAt),
      systemClock: anchor.now,
    });
    // Bundles have different partners in them; all of their roles are worth remembering.
    const partnerRoles = new Map([...(known?.partnerRoles ?? []), ...opened.partnerRoles]);
    held.set(context.db, { ...opened, partnerRoles });
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
