import { es256, part } from '../../test/http/attest.ts';
import { makeKey, type SigningKey } from '../../test/http/sign.ts';

/** The address that the tokens are for, and who issues them. */
export const uri = 'https://erp.customer.example/orders';
export const issuer = 'https://as.example';
export const server = makeKey();

/** A signed token of an authorization server: for the holder of this key, or for whoever has it. */
export function makeToken(holder: SigningKey | null): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    aud: uri,
    sub: 'app',
    client_id: 'app',
    jti: 'token',
    iat: now,
    exp: now + 3600,
    ...(holder !== null && { cnf: { jkt: holder.thumbprint } }),
  };
  const signed = `${part({ alg: 'ES256', typ: 'at+jwt' })}.${part(claims)}`;
  return `${signed}.${es256(server, signed)}`;
}
