import type { Repository } from '@appwarrant/keys';

import type { PortalKeys } from '../context.ts';
import { Problem } from '../problem.ts';

/**
 * The portal signs only as the keys that root and targets name, one for each role.
 * @throws Problem publication_refused
 */
export function requireOwnKeys({ online }: PortalKeys, { root, targets }: Repository): void {
  const named = {
    registry: targets.registry,
    snapshot: root.roles.snapshot,
    timestamp: root.roles.timestamp,
  };
  for (const role of ['registry', 'snapshot', 'timestamp'] as const) {
    const { keys, threshold } = named[role];
    const own = online[role].key.keyval.public;
    if (threshold !== 1 || !keys.some((key) => key.keyval.public === own)) {
      throw new Problem(
        'publication_refused',
        `The portal's ${role} key is not the one that the offline keys name.`,
      );
    }
  }
}
