import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { createVerifier } from 'fast-jwt';
import { part } from '../../test/http/attest.ts';
import type { Case } from '../interleave.ts';
import { issuer, makeToken, server, uri } from './token.ts';

/**
 * A bearer token verified by fast-jwt, without its cache. Checked: the signature or code over the token, issuer, audience, dates. Not
 * checked: anything about the request (who has the token has it all), replay.
 */
export function fastJwt(algorithm: 'ES256' | 'HS256'): Case {
  const secret = randomBytes(64);
  const pem = createPublicKey(server.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const verify = createVerifier({
    key: algorithm === 'ES256' ? pem : secret,
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: uri,
    cache: false,
  });
  const token = algorithm === 'ES256' ? makeToken(null) : withCode(makeToken(null), secret);
  return () => () => void verify(token);
}

/** The same claims with HS256. */
function withCode(token: string, secret: Buffer): string {
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${token.split('.')[1] ?? ''}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
