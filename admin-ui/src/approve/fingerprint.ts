import { canonical, toBase64url } from '@appwarrant/verifier/formats/browser';
import { sha256 } from './digest.ts';

/** RFC 7638 thumbprint of a public key: of the JWK's required members, which in order are its canonical form. */
export async function thumbprint(key: EcKey | RsaKey): Promise<string> {
  return toBase64url(await sha256(canonical({ ...key })));
}

export interface EcKey {
  readonly crv: string;
  readonly kty: 'EC';
  readonly x: string;
  readonly y: string;
}

export interface RsaKey {
  readonly e: string;
  readonly kty: 'RSA';
  readonly n: string;
}
