import type { Allowlist, KeyMatch } from '../allowlist.ts';
import { importP256, isSignatureBy, type PublicKey } from '../crypto.ts';
import { Refused } from '../refused.ts';
import { timeOf } from '../time.ts';
import { parseAttestation, type Attestation, type UnverifiedAttestation } from './attestation.ts';
import type { AttestationMemo } from './attestation-memo.ts';
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

/**
 * Who signs with the key that is attested here: the issuer's entries, and the copy's key. In the order of SPEC §10.11, so that a signature is verified
 * last and a key imported only for an issuer that is approved. Throws `too_large`, `attestation_malformed` and the other codes of
 * §10.11, and what `Allowlist.findAttester` throws.
 */
export function judgeAttestation(text: string, against: AttestationCase, memo: AttestationMemo): KeyMatch {
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
  if (attestation.kind === 'verified') return { ...issuer, entry, key: attestation.key };
  const key = verify(attestation, issuer.key);
  memo.keep(text, { kind: 'verified', claims, key });
  return { ...issuer, entry, key };
}

function requirePlace(claims: Attestation, { keyid, deployment }: AttestationCase): void {
  if (claims.thumbprint !== keyid) {
    throw new Refused('attestation_other_key', `It is for ${claims.thumbprint}; the request names ${keyid}.`);
  }
  if (claims.deployment !== deployment)
    throw new Refused('attestation_other_deployment', `This is the deployment ${deployment}.`);
}

function requireTime({ issued, notBefore, expires }: Attestation, now: number, longest: number): void {
  if (now >= expires) throw new Refused('attestation_expired', `It ended at ${timeOf(expires)}.`);
  const begins = Math.max(issued, notBefore ?? 0);
  if (begins > now + future) throw new Refused('attestation_from_future', `It begins at ${timeOf(begins)}.`);
  if (expires - issued > longest) {
    const lifetime = `It is valid for ${String(expires - issued)} s`;
    throw new Refused('attestation_too_long', `${lifetime}, of which ${String(longest)} s are allowed.`);
  }
}

/** That the issuer's key signed it; gives the copy's key. */
function verify({ claims, signed, signature }: UnverifiedAttestation, issuer: PublicKey): PublicKey {
  const der = toDer(signature);
  if (der === undefined || !isSignatureBy(issuer, Buffer.from(signed, 'latin1'), der)) {
    throw new Refused('attestation_invalid', `Its issuer is ${claims.issuer}.`);
  }
  try {
    return importP256(claims.key);
  } catch (error) {
    if (error instanceof Refused) throw new Refused('attestation_malformed', 'cnf.jwk is no point of P-256.');
    throw error;
  }
}
