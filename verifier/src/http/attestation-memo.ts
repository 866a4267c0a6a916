import type { PublicKey } from '../crypto.ts';
import { forgetFirst } from '../forget-first.ts';
import type { Attestation } from './attestation.ts';

/** An attestation that the key with the thumbprint `claims.issuer` has signed. Nothing else is known about it. */
export type VerifiedAttestation = {
  readonly kind: 'verified';
  readonly claims: Attestation;
  /** The copy's key, imported. */
  readonly key: PublicKey;
};

/**
 * Which attestations were validly signed (SPEC §10.11), so that a copy of an app that sends the same one with each request costs one
 * verification more in all. By their whole text; whatever depends on the day or on the allowlist is judged again every time.
 */
export type AttestationMemo = {
  readonly recall: (text: string) => VerifiedAttestation | undefined;
  readonly keep: (text: string, attestation: VerifiedAttestation) => void;
};

/** Some 10 MiB, when full. */
const mostRemembered = 4_096;

/** Makes an empty memory; when it is full, the oldest goes. */
export function rememberAttestations(most = mostRemembered): AttestationMemo {
  const known = new Map<string, VerifiedAttestation>();
  return {
    recall: (text) => known.get(text),
    keep(text, attestation) {
      known.set(text, attestation);
      forgetFirst(known, most);
    },
  };
}
