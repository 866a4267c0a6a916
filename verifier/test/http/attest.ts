import { sign } from 'node:crypto';
import type { SigningKey } from './sign.ts';

// An issuer of attestations written from SPEC §10.11 alone: it shares no code with the verifier, so that the two check each other.

export type ToAttest = {
  readonly issuer: SigningKey;
  /** The copy of the app that is vouched for. */
  readonly copy: SigningKey;
  readonly partner: string;
  readonly app: string;
  readonly build: string;
  readonly deployment: string;
  /** Seconds. */
  readonly issued: number;
  readonly lifetime?: number;
  /** Members of header and claims instead of, or beside, the right ones; `undefined` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Instead of the issuer's signature over the two parts: the third part. */
  readonly sealWith?: (signed: string) => string;
};

export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** ES256: r‖s over the two parts. */
export function es256({ privateKey }: SigningKey, signed: string): string {
  return sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
}

export function attest(to: ToAttest): string {
  const { issuer, copy, issued, lifetime = 600 } = to;
  const header = { alg: 'ES256', kid: issuer.thumbprint, typ: 'oauth-client-attestation+jwt', ...to.header };
  const claims = {
    sub: `${to.partner}/${to.app}`,
    build: to.build,
    aud: to.deployment,
    iat: issued,
    exp: issued + lifetime,
    cnf: { jwk: copy.jwk },
    ...to.claims,
  };
  return sealParts(part(header), part(claims), to);
}

/** Signs two parts as they are, whatever they say. */
export function sealParts(header: string, claims: string, to: Pick<ToAttest, 'issuer' | 'sealWith'>): string {
  const signed = `${header}.${claims}`;
  const seal = to.sealWith ?? ((text: string) => es256(to.issuer, text));
  return `${signed}.${seal(signed)}`;
}
