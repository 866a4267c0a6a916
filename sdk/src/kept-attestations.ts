import type { EcJwk } from '@appwarrant/verifier/formats/browser';
import { SdkError } from './sdk-error.ts';

/**
 * Fetches an attestation for this copy's public key, valid at this deployment, from the server of the app's maker, which issues it with
 * `issueAttestation`. What it throws, `fetch` throws.
 */
export type AttestationSource = (copy: {
  readonly deployment: string;
  readonly publicKeyJwk: EcJwk;
}) => Promise<string>;

/** The attestations of one client, one for each deployment. */
export interface KeptAttestations {
  /** The one for this deployment, fetched when there is none or its end is near. Throws `attestation_unusable`. */
  readonly current: (deployment: string, publicKeyJwk: EcJwk) => Promise<string>;
  /** Forgets the one for this deployment, because a server refused it. */
  readonly drop: (deployment: string) => void;
}

type Kept = { readonly text: Promise<string>; end: number };

/** An attestation is renewed so many seconds before its end: a request takes a while, and clocks differ. */
const margin = 60;

/** Keeps what `source` gives for as long as it holds. `now` in seconds. */
export function keepAttestations(source: AttestationSource, now: () => number): KeptAttestations {
  const kept = new Map<string, Kept>();

  const fetchOne = (deployment: string, publicKeyJwk: EcJwk): Kept => {
    const fetched: Kept = {
      end: Number.POSITIVE_INFINITY,
      text: source({ deployment, publicKeyJwk }).then((text) => {
        fetched.end = endOf(text);
        return text;
      }),
    };
    // A failure is not kept: the next request asks again.
    fetched.text.catch(() => {
      if (kept.get(deployment) === fetched) kept.delete(deployment);
    });
    return fetched;
  };

  return {
    current(deployment, publicKeyJwk) {
      const known = kept.get(deployment);
      if (known !== undefined && now() < known.end - margin) return known.text;
      const fetched = fetchOne(deployment, publicKeyJwk);
      kept.set(deployment, fetched);
      return fetched.text;
    },
    drop: (deployment) => void kept.delete(deployment),
  };
}

/** The attestation's `exp`. Whether anybody believes it is for the verifier to say. */
function endOf(text: unknown): number {
  try {
    const [, claims = '', signature] = (text as string).split('.');
    const { exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))) as { exp: unknown };
    if (signature !== undefined && Number.isSafeInteger(exp)) return exp as number;
  } catch {
    // Answered below.
  }
  throw new SdkError('attestation_unusable', 'The attestation source gave no attestation.');
}
