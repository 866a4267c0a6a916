import { createPublicKey } from 'node:crypto';
import { createVerifier, httpbis } from 'http-message-signatures';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import type { Case } from '../interleave.ts';
import type { makeSite } from '../site.ts';

/**
 * http-message-signatures verifying our own requests. Checked: the signature, what it covers, its age. Not checked: replay, digests of
 * body and credentials, whose key it is.
 */
export function httpMessageSignatures({ sign, key, origin }: ReturnType<typeof makeSite>): Case {
  const verify = createVerifier(createPublicKey(key.privateKey), 'ecdsa-p256-sha256');
  const check = async ({ method, target, headers }: RequestToCheck): Promise<void> => {
    const verified = await httpbis.verifyMessage(
      {
        keyLookup: ({ keyid }) => Promise.resolve(keyid === key.thumbprint ? { verify } : null),
        requiredParams: ['created', 'nonce', 'keyid', 'tag'],
        requiredFields: ['@method', '@target-uri', 'appwarrant-deployment'],
        tolerance: 30,
      },
      { method, url: origin + target, headers: Object.fromEntries(headers) },
    );
    if (verified !== true) throw new Error('It was refused.');
  };
  return (calls) => {
    const stock = Array.from({ length: calls }, () => sign());
    return () => check(stock.pop() as RequestToCheck);
  };
}
