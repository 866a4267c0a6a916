import { customFetch, validateJwtAccessToken, type AuthorizationServer } from 'oauth4webapi';
import { makeKey } from '../../test/http/sign.ts';
import type { Case } from '../interleave.ts';
import { proveWithDpop } from './dpop.ts';
import { issuer, makeToken, server, uri } from './token.ts';

/**
 * DPoP (RFC 9449) by `validateJwtAccessToken`, its issuer's keys fetched once. Checked: the access token (ES256 of its issuer, audience,
 * dates), the proof (ES256, type, age, method, address, digest of the token), and that the token is the key's. Not checked: replay,
 * body, other header fields, whether the token was revoked.
 */
export function oauth4webapiDpop(): Case {
  const holder = makeKey();
  const token = makeToken(holder);
  const metadata: AuthorizationServer = { issuer, jwks_uri: `${issuer}/keys` };
  const keys = { keys: [{ ...server.jwk, alg: 'ES256', use: 'sig' }] };
  const options = { requireDPoP: true, [customFetch]: () => Promise.resolve(Response.json(keys)) };
  return (calls) => {
    const stock = Array.from({ length: calls }, () => {
      const headers = { Authorization: `DPoP ${token}`, DPoP: proveWithDpop(holder, token, uri) };
      return new Request(uri, { headers });
    });
    return () => validateJwtAccessToken(metadata, stock.pop() as Request, uri, options);
  };
}
