// The one door to @simplewebauthn/server. Its functions throw for everything that does not fit; each becomes a problem.

import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
  type AuthenticationResponseJSON,
  type RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { cose, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import {
  parsePublicKey,
  parseRsaKey,
  toBase64url,
  type EcJwk,
  type RsaJwk,
} from '@appwarrant/verifier/formats';

import { Problem } from '../problem.ts';
import type { AssertionInput, RegistrationInput } from './passkey-input.ts';

/** ES256, EdDSA, RS256: named here, or the newest browsers choose algorithms that older Node versions cannot verify. */
const ALGORITHMS = [-7, -8, -257];
const TIMEOUT_MS = 300_000;

/** A passkey as the portal keeps it. */
export interface Passkey {
  /** base64url. */
  readonly id: string;
  /** COSE_Key. */
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: readonly string[];
}

/** What a ceremony has to fit. `challenge` is base64url. */
export interface Expected {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
}

/** Options for navigator.credentials.create(): a discoverable passkey with user verification. */
export async function registrationOptions(options: {
  readonly rpId: string;
  readonly rpName: string;
  readonly userId: Uint8Array;
  readonly userName: string;
  readonly challenge: Uint8Array;
}): Promise<{ readonly [name: string]: unknown }> {
  return {
    ...(await generateRegistrationOptions({
      rpID: options.rpId,
      rpName: options.rpName,
      userID: Uint8Array.from(options.userId),
      userName: options.userName,
      userDisplayName: options.userName,
      challenge: Uint8Array.from(options.challenge),
      timeout: TIMEOUT_MS,
      attestationType: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      supportedAlgorithmIDs: ALGORITHMS,
    })),
  };
}

/**
 * Verifies a new passkey, with user presence and verification.
 * @throws Problem passkey_refused
 */
export async function verifyRegistration(response: RegistrationInput, expected: Expected): Promise<Passkey> {
  const verified = await orRefuse(() =>
    verifyRegistrationResponse({
      // The schema has checked the members that are read here; the library reads the rest as optional.
      response: response as unknown as RegistrationResponseJSON,
      expectedChallenge: expected.challenge,
      expectedOrigin: expected.origin,
      expectedRPID: expected.rpId,
      requireUserPresence: true,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  if (!verified.verified) throw refused();
  const { credential } = verified.registrationInfo;
  return {
    id: credential.id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    transports: response.response.transports ?? [],
  };
}

/** Options for navigator.credentials.get(): any passkey of this site. */
export async function signInOptions(options: {
  readonly rpId: string;
  readonly challenge: Uint8Array;
}): Promise<{ readonly [name: string]: unknown }> {
  return {
    ...(await generateAuthenticationOptions({
      rpID: options.rpId,
      challenge: Uint8Array.from(options.challenge),
      timeout: TIMEOUT_MS,
      userVerification: 'required',
    })),
  };
}

/**
 * Verifies a sign-in with a passkey that the portal keeps; gives the passkey's new counter.
 * @throws Problem passkey_refused
 */
export async function verifySignIn(
  response: AssertionInput,
  expected: Expected,
  passkey: Passkey,
): Promise<number> {
  const verified = await orRefuse(() =>
    verifyAuthenticationResponse({
      response: response as unknown as AuthenticationResponseJSON,
      expectedChallenge: expected.challenge,
      expectedOrigin: expected.origin,
      expectedRPID: expected.rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: Uint8Array.from(passkey.publicKey),
        counter: passkey.counter,
        transports: [...passkey.transports],
      },
    }),
  );
  if (!verified.verified) throw refused();
  return verified.authenticationInfo.newCounter;
}

/**
 * A passkey's public key as rosters list it (SPEC §1.7): only keys that every verifier can check.
 * @throws Problem enrolment_refused for other algorithms
 */
export function credentialKey({
  publicKey,
}: Passkey):
  { readonly alg: 'ES256'; readonly key: EcJwk } | { readonly alg: 'RS256'; readonly key: RsaJwk } {
  try {
    const key = decodeCredentialPublicKey(Uint8Array.from(publicKey));
    const alg = key.get(cose.COSEKEYS.alg);
    if (alg === cose.COSEALG.ES256 && cose.isCOSEPublicKeyEC2(key)) {
      const [x, y] = [key.get(cose.COSEKEYS.x), key.get(cose.COSEKEYS.y)].map((bytes) =>
        toBase64url(bytes ?? new Uint8Array()),
      );
      return { alg: 'ES256', key: parsePublicKey({ crv: 'P-256', kty: 'EC', x: x ?? '', y: y ?? '' }) };
    }
    if (alg === cose.COSEALG.RS256 && cose.isCOSEPublicKeyRSA(key)) {
      const [n, e] = [key.get(cose.COSEKEYS.n), key.get(cose.COSEKEYS.e)].map((bytes) =>
        toBase64url(bytes ?? new Uint8Array()),
      );
      return { alg: 'RS256', key: parseRsaKey({ e: e ?? '', kty: 'RSA', n: n ?? '' }) };
    }
  } catch (error) {
    throw new Problem('enrolment_refused', 'The public key of this passkey cannot be read.', {
      cause: error,
    });
  }
  throw new Problem('enrolment_refused', 'Approval passkeys sign with ES256 or RS256; this one does not.');
}

async function orRefuse<Result>(verify: () => Promise<Result>): Promise<Result> {
  try {
    return await verify();
  } catch (error) {
    throw refused(error);
  }
}

function refused(cause?: unknown): Problem {
  return new Problem(
    'passkey_refused',
    'The passkey’s answer does not fit this site and this attempt. Please try again.',
    { cause },
  );
}
