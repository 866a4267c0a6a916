import { timeOf } from '@appwarrant/verifier/formats';
import { requireClock, requireExpiry } from './apply-request.ts';
import type { Dates } from './apply-request.ts';
import { composeRoot } from './compose-root.ts';
import type { Keyring, RootContent } from './compose-root.ts';
import { composeTargets } from './compose-targets.ts';
import type { CreationRequest } from './request.ts';
import { requireSeparateKeys } from './separate-keys.ts';
import type { JsonObject } from '@appwarrant/verifier/formats';

/** Who will hold the offline roles. */
export type OfflineKeyrings = { readonly root: Keyring; readonly targets: Keyring };

/**
 * Root version 1 and targets version 1 with an empty roster: nothing is approved by them.
 * Throws KeysError `threshold_invalid`, `key_repeated`, `expiry_invalid`, `clock_wrong`.
 */
export function composeNewRepository(
  request: CreationRequest,
  keyrings: OfflineKeyrings,
  dates: Dates,
): { readonly root: JsonObject; readonly targets: JsonObject } {
  const { ceilings, environment, keys, origins, rpId, thresholds } = request;
  requireClock(dates.now, request.made, 'the request was made');
  requireExpiry(dates);
  const root: RootContent = {
    version: 1,
    environment,
    signedAt: timeOf(dates.now),
    expires: dates.expires,
    roles: {
      root: keyrings.root,
      targets: keyrings.targets,
      snapshot: { keys: [keys.snapshot], threshold: 1 },
      timestamp: { keys: [keys.timestamp], threshold: 1 },
    },
  };
  const registry: Keyring = { keys: [keys.registry], threshold: 1 };
  requireSeparateKeys(root, registry);
  const targets = composeTargets({
    version: 1,
    expires: dates.expires,
    packages: [],
    registry,
    roster: { rpId, origins, thresholds, approvers: [] },
    ceilings,
    revocations: [],
  });
  return { root: composeRoot(root), targets };
}
