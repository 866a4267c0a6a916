import { sign } from 'node:crypto';
import type { Receipt } from '../../src/http/receipt.ts';
import { timeOf } from '../../src/formats.ts';
import type { AppAdmission } from '../../src/http/admission.ts';
import type { Verifier } from '../../src/open-verifier.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { newNonce, signRequest, type SigningKey, type ToSign } from '../http/sign.ts';
import type { Site } from '../state/site.ts';

/** The receipt of a request that this verifier admits. */
export function receiptOf(verifier: Verifier, request: RequestToCheck): Receipt {
  const admission = verifier.check(request);
  if (admission.kind !== 'app') throw new Error(`admitted as ${admission.kind}`);
  return (admission satisfies AppAdmission).receipt;
}

/** A receipt as a verifier of this site would write it, of a request made at `at` (seconds): what holds the key can write what it likes. */
export function forgeReceipt(
  { origin, deployment, key, vendor }: Site,
  changes: Partial<Receipt> & { readonly entry: string; readonly versions: Receipt['versions'] },
  at: number,
  to: Partial<ToSign> = {},
): Receipt {
  const by: SigningKey = to.key ?? key;
  let base = '';
  signRequest({
    key: by,
    origin,
    deployment,
    created: at,
    ...to,
    signBase: (bytes) => {
      base = Buffer.from(bytes).toString('latin1');
      return sign('sha256', bytes, { key: by.privateKey, dsaEncoding: 'ieee-p1363' });
    },
  });
  return {
    type: 'appwarrant/receipt/1',
    base,
    signature: signBase(base, by),
    keyid: by.thumbprint,
    registry: vendor.registry,
    deployment,
    receivedAt: timeOf(at),
    ...changes,
  };
}

/** r‖s over a base, in base64url. */
export function signBase(base: string, { privateKey }: Pick<SigningKey, 'privateKey'>): string {
  return sign('sha256', Buffer.from(base, 'latin1'), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
  }).toString('base64url');
}

/** A receipt with something in its base exchanged, signed anew. */
export function resigned(
  receipt: Receipt,
  key: Pick<SigningKey, 'privateKey'>,
  change: (base: string) => string,
): Receipt {
  const base = change(receipt.base);
  return { ...receipt, base, signature: signBase(base, key) };
}

/** The same request another time: with a nonce of its own. */
export function again(receipt: Receipt, key: Pick<SigningKey, 'privateKey'>): Receipt {
  return resigned(receipt, key, (base) => base.replace(/nonce="[^"]+"/, `nonce="${newNonce()}"`));
}
