import { parseSealed, requireSigned, sealMetadata } from '@appwarrant/keys';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';
import { offlineRoles } from '../publishing/offline-roles.ts';

const STATEMENT_BYTES = 4096;

/**
 * Signs a random statement as every online role, and verifies it as customers' servers do: with the keys that root and
 * targets name. Reads the database and the metadata folder on the way.
 * @throws Problem not_ready
 */
export async function checkSigning(context: Context): Promise<void> {
  const { online } = context.keys;
  const nonce = Buffer.from(context.random(16)).toString('hex');
  try {
    const { root, targets } = await offlineRoles(context);
    const roles = [
      ['registry', targets.registry],
      ['snapshot', root.roles.snapshot],
      ['timestamp', root.roles.timestamp],
    ] as const;
    for (const [role, keyring] of roles) {
      const sealed = await sealMetadata({ type: 'appwarrant/health/1', role, nonce }, [online[role]]);
      requireSigned(parseSealed(sealed, STATEMENT_BYTES, role), keyring, `A test statement of ${role}`);
    }
  } catch (error) {
    context.log.error({ err: error }, 'the portal is not healthy');
    throw new Problem('not_ready', 'The portal cannot sign and verify. Its log says why.', { cause: error });
  }
}
