import type { Allowlist, Entry, KeyMatch } from '../allowlist.ts';
import { importP256, isSignatureBy, isSignatureByAsync, type PublicKey } from '../crypto.ts';
import { Refused } from '../refused.ts';
import { timeOf } from '../time.ts';
import { parseAttestation, type Attestation, type UnverifiedAttestation } from './attestation.ts';
import type { AttestationMemo, VerifiedAttestation } from './attestation-memo.ts';
import { toDer } from './ecdsa-der.ts';

/** How far an attestation's times may lie ahead, in seconds: as far as a proof's (SPEC §10.5). */
const future = 30;

/** What an attestation is judged against. `keyid` is the proof's, `now` in whole seconds. */
export type AttestationCase = {
  readonly keyid: string;
  readonly allowlist: Allowlist;
  readonly deployment: string;
  readonly now: number;
};

/** An attestation of which everything is right but, where it is not yet verified, the issuer's signature. */
export type Examined = {
  readonly attestation: UnverifiedAttestation | VerifiedAttestation;
  readonly issuer: KeyMatch;
  /** Whose build it is about. */
  readonly entry: Entry;
};

/** Verifies a signature that is to be by the key of this thumbprint, or throws because it will not. */
export type Verify = (key: string, verify: () => boolean) => boolean;

/**
 * Who signs with the key that is attested here: the issuer's entries, and the copy's key. In the order of SPEC §10.11, so that a signature is verified
 * last and a key imported only for an issuer that is approved. Throws `too_large`, `attestation_malformed` and the other codes of
 * §10.11, and what `Allowlist.findAttester` and `verify` throw.
 */
export function judgeAttestation(
  text: string,
  against: AttestationCase,
  memo: AttestationMemo,
  verify: Verify = (_, isValid) => isValid(),
): KeyMatch {
  const { attestation, issuer, entry } = examineAttestation(text, against, memo);
  if (attestation.kind === 'verified') return { ...issuer, entry, key: attestation.key };
  const isValid = verify(attestation.claims.issuer, () => isIssued(attestation, issuer.key));
  return { ...issuer, entry, key: keepAttestation(text, attestation, isValid, memo) };
}

/** The same without verifying anything. */
export function examineAttestation(text: string, against: AttestationCase, memo: AttestationMemo): Examined {
  const { allowlist, now } = against;
  const attestation = memo.recall(text) ?? parseAttestation(text);
  const { claims } = attestation;
  requirePlace(claims, against);
  requireTime(claims, now, allowlist.longestAttestation);
  const issuer = allowlist.findAttester(claims.issuer, now);
  const entry = issuer.entries.find(({ custom: { partner, app, build } }) => {
    return partner.id === claims.partner && app.id === claims.app && build.id === claims.build;
  });
  if (entry === undefined) {
    const named = `${claims.partner}/${claims.app}, build ${claims.build}`;
    throw new Refused('attestation_other_build', `It names ${named}.`);
  }
  if (allowlist.isListed(claims.thumbprint)) throw new Refused('attestation_key_listed');
  if (allowlist.isKeyRevoked(claims.thumbprint))
    throw new Refused('revoked', "This copy's key is revoked, and stays so: it needs a new one.");
  return { attestation, issuer, entry };
}

/** Whether the issuer's key signed it, found out by another thread. Never rejects. */
export async function isIssuedAsync(
  { signed, signature }: UnverifiedAttestation,
  issuer: PublicKey,
): Promise<boolean> {
  const der = toDer(signature);
  return der !== undefined && isSignatureByAsync(issuer, Buffer.from(signed, 'latin1'), der);
}

/** Remembers an attestation that is validly signed, and gives the copy's key. Throws `attestation_invalid`, `attestation_malformed`. */
export function keepAttestation(
  text: string,
  { claims }: UnverifiedAttestation,
  isValid: boolean,
  memo: AttestationMemo,
): PublicKey {
  if (!isValid) throw new Refused('attestation_invalid', `Its issuer is ${claims.issuer}.`);
  const key = importCopysKey(claims);
  memo.keep(text, { kind: 'verified', claims, key });
  return key;
}

export function requirePlace(
  claims: Attestation,
  { keyid, deployment }: Pick<AttestationCase, 'keyid' | 'deployment'>,
): void {
  if (claims.thumbprint !== keyid) {
    throw new Refused('attestation_other_key', `It is for ${claims.thumbprint}; the request names ${keyid}.`);
  }
  if (claims.deployment !== deployment)
    throw new Refused('attestation_other_deployment', `This is the deployment ${deployment}.`);
}

/** Throws `attestation_expired`, `attestation_from_future`, `attestation_too_long`. Times in whole seconds. */
export function requireTime({ issued, notBefore, expires }: Attestation, now: number, longest: number): void {
  if (now >= expires) throw new Refused('attestation_expired', `It ended at ${timeOf(expires)}.`);
  const begins = Math.max(issued, notBefore ?? 0);
  if (begins > now + future) throw new Refused('attestation_from_future', `It begins at ${timeOf(begins)}.`);
  if (expires - issued > longest) {
    const lifetime = `It is valid for ${String(expires - issued)} s`;
    throw new Refused('attestation_too_long', `${lifetime}, of which ${String(longest)} s are allowed.`);
  }
}

function isIssued({ signed, signature }: UnverifiedAttestation, issuer: PublicKey): boolean {
  const der = toDer(signature);
  return der !== undefined && isSignatureBy(issuer, Buffer.from(signed, 'latin1'), der);
}

function importCopysKey(claims: Attestation): PublicKey {
  try {
    return importP256(claims.key);
  } catch (error) {
    if (error instanceof Refused) throw new Refused('attestation_malformed', 'cnf.jwk is no point of P-256.');
    throw error;
  }
}
