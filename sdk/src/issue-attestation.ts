import {
  appSlugPattern,
  buildIdPattern,
  partnerIdPattern,
  thumbprintPattern,
  toBase64url,
  type EcJwk,
} from '@appwarrant/verifier/formats/browser';
import { publicPart, signBytes, thumbprint, type AppKey } from './app-key.ts';
import { SdkError } from './sdk-error.ts';
import { subtle } from './webcrypto.ts';

/** What your server says about one installed copy of your app. The ids are those that the vendor's portal shows. */
export interface AttestationRequest {
  readonly partner: string;
  readonly app: string;
  /** The build that is installed, in whose approval the issuing key stands. */
  readonly build: string;
  /** The customer's deployment, the only one at which the attestation will hold. */
  readonly deployment: string;
  /** The copy's public key as a JWK, as the copy sent it. */
  readonly publicKeyJwk: unknown;
  /** Seconds from `iat` to `exp`, at least 120; no more than the vendor allows. */
  readonly lifetime: number;
  /** Seconds since 1970; the clock's by default. */
  readonly now?: number;
}

/** An attestation says that it was issued so many seconds ago, because a customer's clock may be behind. */
const backdated = 60;

/**
 * Issues an attestation (SPEC §10.11), on your own server and nowhere else: whoever holds `issuer` can make copies of your app out of
 * anything. Whom you issue one to is your decision, and all that an attestation is worth. Throws `option_invalid`; `key_unusable` where the
 * copy's key is no P-256 key.
 */
export async function issueAttestation(issuer: AppKey, request: AttestationRequest): Promise<string> {
  const { partner, app, build, deployment, lifetime } = request;
  requireForm('partner', partner, partnerIdPattern);
  requireForm('app', app, appSlugPattern);
  requireForm('build', build, buildIdPattern);
  requireForm('deployment', deployment, thumbprintPattern);
  if (!Number.isSafeInteger(lifetime) || lifetime < 2 * backdated) {
    throw new SdkError('option_invalid', 'lifetime is not a whole number of at least 120 seconds.');
  }
  const jwk = await copyKey(request.publicKeyJwk);
  if ((await thumbprint(jwk)) === issuer.keyId) {
    throw new SdkError('option_invalid', 'The issuing key cannot be the key of a copy.');
  }
  const issued = (request.now ?? Math.floor(Date.now() / 1000)) - backdated;
  const header = { alg: 'ES256', kid: issuer.keyId, typ: 'oauth-client-attestation+jwt' };
  const claims = {
    sub: `${partner}/${app}`,
    build,
    aud: deployment,
    iat: issued,
    exp: issued + lifetime,
    cnf: { jwk },
  };
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${toBase64url(await signBytes(issuer, new TextEncoder().encode(signed)))}`;
}

function part(value: unknown): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify(value)));
}

/** Exactly the public members, and a point on the curve: a verifier would refuse anything else, days later and elsewhere. */
async function copyKey(given: unknown): Promise<EcJwk> {
  try {
    const jwk = publicPart(given as JsonWebKey);
    await subtle().importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
    return jwk;
  } catch (cause) {
    if (cause instanceof SdkError) throw cause;
    throw new SdkError('key_unusable', "The copy's public key is not a P-256 JWK.", null, cause);
  }
}

function requireForm(name: string, value: unknown, pattern: RegExp): void {
  if (typeof value !== 'string' || !pattern.test(value))
    throw new SdkError('option_invalid', `${name} is not an id as the vendor's portal shows it.`);
}
