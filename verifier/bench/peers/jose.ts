import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, importJWK, jwtVerify, type JWK } from 'jose';
import { makeKey } from '../../test/http/sign.ts';
import type { Case } from '../interleave.ts';
import { proveWithDpop } from './dpop.ts';
import { issuer, makeToken, server, uri } from './token.ts';

/**
 * DPoP (RFC 9449) as jose's documentation builds it from `jwtVerify` and `EmbeddedJWK`. Checked: the access token (ES256 of its issuer,
 * audience, dates), the proof (ES256 of the key in it, type, age, method, address, digest of the token), and that the token is that
 * key's. Not checked: replay, body, other header fields, whether the token was revoked.
 */
export async function joseDpop(): Promise<Case> {
  const holder = makeKey();
  const token = makeToken(holder);
  const issuerKey = await importJWK(server.jwk, 'ES256');
  const check = async (proof: string): Promise<void> => {
    const algorithms = ['ES256'];
    const { payload } = await jwtVerify(token, issuerKey, {
      algorithms,
      typ: 'at+jwt',
      issuer,
      audience: uri,
    });
    const proved = await jwtVerify(proof, EmbeddedJWK, { algorithms, typ: 'dpop+jwt', maxTokenAge: 60 });
    const { htm, htu, ath } = proved.payload;
    const thumbprint = await calculateJwkThumbprint(proved.protectedHeader.jwk as JWK);
    const digest = createHash('sha256').update(token).digest('base64url');
    const { jkt } = payload.cnf as { readonly jkt: string };
    if (jkt !== thumbprint || htm !== 'GET' || htu !== uri || ath !== digest)
      throw new Error('It was refused.');
  };
  return (calls) => {
    const stock = Array.from({ length: calls }, () => proveWithDpop(holder, token, uri));
    return () => check(stock.pop() as string);
  };
}
