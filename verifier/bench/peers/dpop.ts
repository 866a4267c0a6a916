import { createHash, randomUUID } from 'node:crypto';
import { es256, part } from '../../test/http/attest.ts';
import type { SigningKey } from '../../test/http/sign.ts';

/** A DPoP proof (RFC 9449) for a GET with this token, as any client makes it. */
export function proveWithDpop(holder: SigningKey, token: string, htu: string): string {
  const header = { alg: 'ES256', typ: 'dpop+jwt', jwk: holder.jwk };
  const claims = {
    jti: randomUUID(),
    htm: 'GET',
    htu,
    iat: Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(token).digest('base64url'),
  };
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${es256(holder, signed)}`;
}
