import { parseAttestation } from '../../http/attestation.ts';
import { rememberAttestations } from '../../http/attestation-memo.ts';
import { judgeAttestation } from '../../http/judge-attestation.ts';
import { attempt } from '../../attempt.ts';
import { Refused } from '../../refused.ts';
import { timeOf } from '../../time.ts';
import { nameBuild } from '../name-build.ts';
import type { Inspected, Means, Proved } from './inspected.ts';

/** An attestation, as a partner's server gives it to a copy of its app. Throws `attestation_malformed`. */
export function inspectAttestation(text: string, means: Means): Inspected {
  const { claims } = parseAttestation(text);
  const { issuer, partner, app, build, deployment, issued, expires, thumbprint } = claims;
  return {
    kind: 'attestation',
    title: 'An attestation: a partner vouches for the key of one copy of its app',
    facts: {
      'vouched for': thumbprint,
      issuer,
      app: `${app} of ${partner}, build ${build}`,
      deployment,
      issued: timeOf(issued),
      expires: timeOf(expires),
    },
    proved: prove(text, claims, means),
  };
}

function prove(
  text: string,
  claims: ReturnType<typeof parseAttestation>['claims'],
  { sight, clock }: Means,
): Proved {
  const loaded = sight instanceof Refused ? null : sight.current();
  if (sight instanceof Refused || loaded === null)
    return {
      kind: 'read',
      how: 'Nothing of it was verified: no bundle is loaded here. Anybody can have written it.',
    };
  const { allowlist } = loaded;
  const judgeAt = (now: number, deployment: string) =>
    attempt(() =>
      judgeAttestation(
        text,
        { keyid: claims.thumbprint, allowlist, deployment, now },
        rememberAttestations(),
      ),
    );
  const now = judgeAt(Math.floor(clock.latest() / 1000), sight.deployment);
  if (!(now instanceof Refused))
    return {
      kind: 'verified',
      how: `It counts here and now: it is signed by ${nameBuild(now.entry.custom)}.`,
    };
  // Saved attestations are old: who signed it is worth knowing all the same.
  const then = judgeAt(claims.issued, claims.deployment);
  const signed =
    then instanceof Refused
      ? 'Its signature was not verified'
      : `It is signed by ${nameBuild(then.entry.custom)}`;
  return {
    kind: 'refused',
    how: `${signed}; it does not count here and now. ${now.message}`,
    code: now.code,
  };
}
