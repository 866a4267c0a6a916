import { toBase64url } from '@appwarrant/verifier/formats/browser';
import type { ApprovalSubmission, EnrolmentSubmission } from '@appwarrant/server/api-types';
import { sha256 } from './digest.ts';
import { thumbprint } from './fingerprint.ts';
import { WillNotSign } from './will-not-sign.ts';

const MINUTES = 60_000;
const ENROLMENT = new TextEncoder().encode('appwarrant/enrolment/1\0');

/** Has an approval passkey sign a challenge that this page computed. Throws WillNotSign `no_passkey`. */
export async function approve(challenge: Uint8Array, rpId: string): Promise<ApprovalSubmission> {
  const credential = await ceremony(() =>
    navigator.credentials.get({
      publicKey: { challenge: own(challenge), rpId, userVerification: 'required', timeout: 5 * MINUTES },
    }),
  );
  if (!(credential.response instanceof AuthenticatorAssertionResponse)) throw nothingMade();
  const { authenticatorData, clientDataJSON, signature } = credential.response;
  return {
    credentialId: toBase64url(new Uint8Array(credential.rawId)),
    authenticatorData: toBase64url(new Uint8Array(authenticatorData)),
    clientDataJSON: toBase64url(new Uint8Array(clientDataJSON)),
    signature: toBase64url(new Uint8Array(signature)),
  };
}

export interface NewPasskey {
  readonly submission: EnrolmentSubmission;
  /** RFC 7638 thumbprint of the public key: computed here, to be compared with the one that the roster will have. */
  readonly fingerprint: string;
}

/** Makes an approval passkey for a person. `token` is the link's. Throws WillNotSign `no_passkey`. */
export async function enrol(
  person: { readonly id: string; readonly name: string },
  rp: { readonly id: string; readonly name: string },
  token: string,
): Promise<NewPasskey> {
  const challenge = await sha256(ENROLMENT, new TextEncoder().encode(token));
  const credential = await ceremony(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: own(challenge),
        rp,
        user: {
          id: new TextEncoder().encode(person.id),
          name: `${person.name} (approving)`,
          displayName: person.name,
        },
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        attestation: 'none',
        timeout: 5 * MINUTES,
      },
    }),
  );
  const { response } = credential;
  if (!(response instanceof AuthenticatorAttestationResponse)) throw nothingMade();
  return {
    submission: {
      credentialId: toBase64url(new Uint8Array(credential.rawId)),
      attestationObject: toBase64url(new Uint8Array(response.attestationObject)),
      clientDataJSON: toBase64url(new Uint8Array(response.clientDataJSON)),
    },
    fingerprint: await fingerprintOf(response),
  };
}

async function fingerprintOf(response: AuthenticatorAttestationResponse): Promise<string> {
  const spki = response.getPublicKey();
  if (spki === null) throw nothingMade();
  const isEc = response.getPublicKeyAlgorithm() === -7;
  const algorithm = isEc
    ? { name: 'ECDSA', namedCurve: 'P-256' }
    : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('spki', spki, algorithm, true, ['verify']);
  const { crv = '', x = '', y = '', e = '', n = '' } = await crypto.subtle.exportKey('jwk', key);
  return thumbprint(isEc ? { crv, kty: 'EC', x, y } : { e, kty: 'RSA', n });
}

async function ceremony(start: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let made: Credential | null;
  try {
    made = await start();
  } catch (cause) {
    const refused = cause instanceof DOMException && cause.name === 'InvalidStateError';
    throw new WillNotSign(
      'no_passkey',
      refused
        ? 'This device already holds an approval passkey of yours.'
        : 'No passkey answered, or it was declined. Nothing was signed.',
      { cause },
    );
  }
  if (!(made instanceof PublicKeyCredential)) throw nothingMade();
  return made;
}

function nothingMade(): WillNotSign {
  return new WillNotSign('no_passkey', 'The browser gave nothing that could be used. Nothing was signed.');
}

/** WebAuthn takes bytes that nobody shares. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
