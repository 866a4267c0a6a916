import type { Versions } from '../allowlist.ts';
import { timeOf, type Time } from '../time.ts';

/**
 * What anybody with the vendor's metadata can check again (SPEC §11): that the key signed this request for this deployment at
 * its own claimed time; not that it was served. Keep receipts like secrets: a guessable credential can be guessed from its digest.
 */
export type Receipt = {
  readonly type: 'appwarrant/receipt/1';
  /** The signature base. */
  readonly base: string;
  /** r‖s in base64url. */
  readonly signature: string;
  readonly keyid: string;
  readonly registry: string;
  readonly deployment: string;
  readonly versions: Pick<Versions, 'root' | 'targets' | 'timestamp'>;
  /** Digest of the statement that admitted the app. */
  readonly entry: string;
  readonly receivedAt: Time;
};

/** Puts a receipt together; `now` in whole seconds. */
export function composeReceipt(from: {
  readonly base: string;
  readonly signature: Uint8Array;
  readonly keyid: string;
  readonly allowlist: { readonly registry: string; readonly versions: Versions };
  readonly deployment: string;
  readonly entry: string;
  readonly now: number;
}): Receipt {
  const { root, targets, timestamp } = from.allowlist.versions;
  return {
    type: 'appwarrant/receipt/1',
    base: from.base,
    signature: Buffer.from(from.signature).toString('base64url'),
    keyid: from.keyid,
    registry: from.allowlist.registry,
    deployment: from.deployment,
    versions: { root, targets, timestamp },
    entry: from.entry,
    receivedAt: timeOf(from.now),
  };
}
