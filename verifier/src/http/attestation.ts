import { fromBase64url } from '../base64url.ts';
import { appSlugPattern, buildIdPattern, partnerIdPattern, thumbprintPattern } from '../ids.ts';
import { readerFor, type JsonValue } from '../json.ts';
import { parsePublicKey, thumbprint, type EcJwk } from '../jwk.ts';
import { Refused } from '../refused.ts';
import { parseJson } from '../strict-json.ts';

/** What a partner's server says about one installed copy of an app (SPEC §10.11). Times in seconds since 1970. */
export type Attestation = {
  /** Thumbprint of the key that is to have signed it. */
  readonly issuer: string;
  readonly partner: string;
  readonly app: string;
  readonly build: string;
  readonly deployment: string;
  readonly issued: number;
  /** From when on it may be used, where it says more than `issued`. */
  readonly notBefore: number | null;
  readonly expires: number;
  /** The copy's own key, whose point nobody has looked at, and its thumbprint. */
  readonly key: EcJwk;
  readonly thumbprint: string;
};

/** An attestation that has only been read: anybody can have written it. */
export type UnverifiedAttestation = {
  readonly kind: 'unverified';
  readonly claims: Attestation;
  /** The characters that were signed. */
  readonly signed: string;
  /** r‖s. */
  readonly signature: Uint8Array;
};

/** SPEC §12: the longest attestation, in characters. */
const mostOfAttestation = 4_096;
/** 9999-12-31T23:59:59Z */
const lastSecond = 253_402_300_799;

const read = readerFor('attestation_malformed', 'Attestation');

/** Reads an attestation's compact form. Throws `too_large`, `attestation_malformed`. */
export function parseAttestation(text: string): UnverifiedAttestation {
  if (text.length > mostOfAttestation)
    throw new Refused('too_large', 'OAuth-Client-Attestation is longer than 4 KiB.');
  try {
    const [header, claims, signature, ...more] = text.split('.');
    if (header === undefined || claims === undefined || signature === undefined || more.length > 0) {
      return read.refuse('it', 'three parts with a dot between each two');
    }
    return {
      kind: 'unverified',
      claims: readClaims(decode(claims), readHeader(decode(header))),
      signed: text.slice(0, header.length + 1 + claims.length),
      signature: readSignature(signature),
    };
  } catch (error) {
    // Its parts are of formats with refusals of their own, and all of them mean this one.
    if (error instanceof Refused && error.code !== 'attestation_malformed') {
      throw new Refused('attestation_malformed', error.seen || error.message);
    }
    throw error;
  }
}

/** Gives the issuer. Exactly these members: `crit` would demand more than is done here, `jwk` and the like offer keys of the sender's choice. */
function readHeader(value: JsonValue): string {
  const { alg, kid, typ } = read.members(value, 'its header', ['alg', 'kid', 'typ']);
  read.oneOf(alg, 'alg', ['ES256']);
  read.oneOf(typ, 'typ', ['oauth-client-attestation+jwt']);
  return read.matching(kid, 'kid', thumbprintPattern, 'a thumbprint');
}

function readClaims(value: JsonValue, issuer: string): Attestation {
  const { aud, build, cnf, exp, iat, nbf, status, sub } = read.object(value, 'its claims');
  // A limit that cannot be looked up offline must not be passed over.
  if (status !== undefined) read.refuse('its claims', 'without a status');
  const [partner, app, ...more] = typeof sub === 'string' ? sub.split('/') : [];
  if (more.length > 0) read.refuse('sub', 'a partner id, a slash and an app slug');
  const issued = seconds(iat, 'iat');
  const expires = seconds(exp, 'exp');
  if (issued >= expires) read.refuse('exp', 'later than iat');
  const key = parsePublicKey(read.members(cnf, 'cnf', ['jwk']).jwk);
  return {
    issuer,
    partner: read.matching(partner, 'sub', partnerIdPattern, 'a partner id, a slash and an app slug'),
    app: read.matching(app, 'sub', appSlugPattern, 'a partner id, a slash and an app slug'),
    build: read.matching(build, 'build', buildIdPattern, 'a build id'),
    deployment: read.matching(aud, 'aud', thumbprintPattern, 'a deployment id'),
    issued,
    notBefore: nbf === undefined ? null : seconds(nbf, 'nbf'),
    expires,
    key,
    thumbprint: thumbprint(key),
  };
}

function readSignature(part: string): Uint8Array {
  const signature = fromBase64url(part);
  return signature.length === 64 ? signature : read.refuse('its signature', '64 bytes, r and s');
}

function seconds(value: JsonValue | undefined, at: string): number {
  return read.integer(value, at, 0, lastSecond);
}

function decode(part: string): JsonValue {
  return parseJson(fromBase64url(part), mostOfAttestation);
}
