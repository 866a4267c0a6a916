import { createPublicKey, verify } from 'node:crypto';

import { canonical } from '@appwarrant/verifier/formats';

import type { Context } from '../context.ts';
import { Problem } from '../problem.ts';

/**
 * Signs a random statement with every online key, and verifies it with the public key that the metadata names.
 * @throws Problem not_ready
 */
export async function checkSigning(context: Context): Promise<void> {
  const nonce = Buffer.from(context.random(16)).toString('hex');
  const statement = canonical({ type: 'appwarrant/health/1', nonce });
  try {
    await context.db.selectFrom('settings').select('name').limit(1).execute();
    for (const signer of Object.values(context.keys.online)) {
      const signature = await signer.sign(statement);
      if (signer.key.keytype !== 'ed25519') continue;
      const raw = Buffer.from(signer.key.keyval.public, 'hex');
      const key = createPublicKey({
        key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
        format: 'jwk',
      });
      if (!verify(null, statement, key, signature)) throw new Error(`key ${signer.keyId} does not verify`);
    }
  } catch (error) {
    context.log.error({ err: error }, 'the portal is not healthy');
    throw new Problem('not_ready', 'The portal cannot sign and verify. Its log says why.', { cause: error });
  }
}
