import { attest, type ToAttest } from '../../test/http/attest.ts';
import { idOf, keyOf, type FixedKey } from './keys.ts';
import { deployment, partner } from './world.ts';

/** The key of the partner's server, which vouches for copies; a copy's key; and the build that is vouched for. */
export const issuer = keyOf('issuer');
export const copy = keyOf('copy');
export const build = idOf('b', 'first');

/** How an attestation is made: as test/http/attest.ts makes it, but for signatures that come out the same. */
export type Vouching = Partial<Omit<ToAttest, 'issuer' | 'sealWith'>> & { readonly by?: FixedKey };

/** An attestation for the copy, issued at `issued` for ten minutes. */
export function vouch(issued: number, { by = issuer, ...changes }: Vouching = {}): string {
  const sealWith = (signed: string): string => sealed(signed, by);
  return attest({ issuer, copy, partner, app: 'orders', build, deployment, issued, ...changes, sealWith });
}

/** ES256: r‖s in base64url. */
export function sealed(signed: string, by: FixedKey = issuer): string {
  return Buffer.from(by.signRaw(Buffer.from(signed))).toString('base64url');
}
