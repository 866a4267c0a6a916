import { timeOf } from '@appwarrant/verifier/formats';
import { requireClock, requireExpiry } from './apply-request.ts';
import type { Dates, Drafts } from './apply-request.ts';
import { composeRoot } from './compose-root.ts';
import type { Keyring, RootContent } from './compose-root.ts';
import { composeTargets } from './compose-targets.ts';
import { KeysError } from './keys-error.ts';
import type { Repository } from './repository.ts';
import { requireSeparateKeys } from './separate-keys.ts';
import { keyIdOf } from './signer.ts';

/** New holders of the offline roles. `base` names the versions that the rotation replaces. */
export type Rotation = {
  readonly registry: string;
  readonly base: { readonly root: number; readonly targets: number };
  readonly root: Keyring;
  readonly targets: Keyring;
};

/**
 * The next root: other holders of the offline roles, or the same with a later end. Where the holders of `targets` change,
 * the targets are signed again, unchanged, by the new ones. There is no way to name another environment.
 *
 * Throws KeysError `request_other_registry`, `request_outdated`, `clock_wrong`, `expiry_invalid`, `threshold_invalid`,
 * `key_repeated`.
 */
export function rotateRoot(
  { registry, root, targets }: Repository,
  rotation: Rotation,
  dates: Dates,
): Drafts {
  if (rotation.registry !== registry) {
    throw new KeysError(
      'request_other_registry',
      'This rotation is about another registry than these files.',
    );
  }
  if (rotation.base.root !== root.version || rotation.base.targets !== targets.version) {
    throw new KeysError(
      'request_outdated',
      `This rotation is for root ${rotation.base.root} and targets ${rotation.base.targets}; here are root ${root.version} and targets ${targets.version}.`,
    );
  }
  requireClock(dates.now, root.signedAt, 'the root was signed');
  requireExpiry(dates);
  const next: RootContent = {
    ...root,
    version: root.version + 1,
    signedAt: timeOf(dates.now),
    expires: dates.expires,
    roles: { ...root.roles, root: rotation.root, targets: rotation.targets },
  };
  requireSeparateKeys(next, targets.registry);
  const resigned = sameHolders(root.roles.targets, rotation.targets)
    ? null
    : composeTargets({ ...targets, version: targets.version + 1, expires: dates.expires });
  return { root: composeRoot(next), targets: resigned };
}

function sameHolders(a: Keyring, b: Keyring): boolean {
  const ids = (keyring: Keyring): string => keyring.keys.map(keyIdOf).sort().join();
  return a.threshold === b.threshold && ids(a) === ids(b);
}
