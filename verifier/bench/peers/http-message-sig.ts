import { createPublicKey, verify } from 'node:crypto';
import { verifySignature } from 'http-message-sig';
import { toDer } from '../../src/http/ecdsa-der.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { Case } from '../interleave.ts';
import type { makeSite } from '../site.ts';

const algorithm = 'ecdsa-p256-sha256';

/**
 * http-message-sig (Cloudflare) verifying our own requests. Checked: the signature (by Node, in the way that is fastest), what it covers,
 * its age. Not checked: replay, digests of body and credentials, whose key it is.
 */
export function httpMessageSig({ sign, key, origin }: ReturnType<typeof makeSite>): Case {
  const publicKey = createPublicKey(key.privateKey);
  const verifier = {
    algorithm,
    verify: (base: Uint8Array, signature: Uint8Array) => {
      const der = toDer(signature);
      return der !== undefined && verify('sha256', base, publicKey, der);
    },
  } as const;
  const check = async ({ method, target, headers }: RequestToCheck): Promise<void> => {
    const fields = headers.map(([name, value]) => ({ name, value }));
    await verifySignature(
      { kind: 'request', method, targetUri: origin + target, fields },
      {
        label: 'app',
        policy: {
          algorithms: [algorithm],
          requiredComponents: ['@method', '@target-uri', 'appwarrant-deployment'],
          requiredParameters: ['created', 'nonce', 'keyid', 'tag'],
          maxAge: 60,
          clockSkew: 30,
        },
        resolveVerifier: (candidate) => {
          if (candidate.parameters.keyid !== key.thumbprint) throw new Error('It was refused.');
          return verifier;
        },
      },
    );
  };
  return (calls) => {
    const stock = Array.from({ length: calls }, () => sign());
    return () => check(stock.pop() as RequestToCheck);
  };
}
