import type { KeyMatch } from '../allowlist.ts';
import { isSignatureBy, isSignatureByAsync } from '../crypto.ts';
import { Refused } from '../refused.ts';
import { toDer } from './ecdsa-der.ts';
import type { Proof } from './unverified-proof.ts';

/** A signature base, and whose signature is to be over it. */
export type Signed = {
  readonly proof: Pick<Proof, 'signature'>;
  readonly match: Pick<KeyMatch, 'key'>;
  readonly base: string;
};

/** Throws `signature_invalid`, with the base that was computed here. */
export function requireSignature(signed: Signed): void {
  requireValid(signed, isSigned(signed));
}

export function requireValid({ base }: Signed, isValid: boolean): void {
  if (!isValid) throw new Refused('signature_invalid', '', { base });
}

export function isSigned({ proof, match, base }: Signed): boolean {
  const der = toDer(proof.signature);
  return der !== undefined && isSignatureBy(match.key, Buffer.from(base, 'latin1'), der);
}

/** The same, verified by another thread. Never rejects. */
export function isSignedAsync({ proof, match, base }: Signed): Promise<boolean> {
  const der = toDer(proof.signature);
  if (der === undefined) return Promise.resolve(false);
  return isSignatureByAsync(match.key, Buffer.from(base, 'latin1'), der);
}
