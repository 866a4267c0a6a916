import { createPublicKey, verify, type KeyObject } from 'node:crypto';

import { canonical, fromBase64url, thumbprint, type EcJwk } from '@appwarrant/verifier/formats';

import { Problem } from '../problem.ts';

/** What a key is submitted for: its proof of possession is bound to all of it. */
export interface KeyPurpose {
  readonly registry: string;
  /** The partner's id. */
  readonly partner: string;
  /** The app's slug. */
  readonly app: string;
}

/** r and s of ECDSA on P-256, in base64url. */
const SIGNATURE = /^[A-Za-z0-9_-]{86}$/;

/**
 * Checks that whoever submits a public key holds its private half, and gives the key's thumbprint. `proof` is ECDSA
 * P-256 with SHA-256 (r‖s, base64url) over the canonical key-proof statement.
 * @throws Problem app_key_malformed when the point is not on the curve, key_proof_wrong
 */
export function checkKeyProof(key: EcJwk, proof: string, purpose: KeyPurpose): string {
  const publicKey = importKey(key);
  const print = thumbprint(key);
  const { registry, partner, app } = purpose;
  const claim = canonical({ type: 'appwarrant/key-proof/1', registry, partner, app, key: print });
  const genuine =
    SIGNATURE.test(proof) &&
    verify('sha256', claim, { key: publicKey, dsaEncoding: 'ieee-p1363' }, fromBase64url(proof));
  if (!genuine) {
    throw new Problem(
      'key_proof_wrong',
      `The proof was not made by this key for the app ${app} of partner ${partner} in this registry.`,
    );
  }
  return print;
}

function importKey(key: EcJwk): KeyObject {
  try {
    return createPublicKey({ key: { ...key }, format: 'jwk' });
  } catch (error) {
    throw new Problem('app_key_malformed', 'This is not a public key on the curve P-256.', { cause: error });
  }
}
