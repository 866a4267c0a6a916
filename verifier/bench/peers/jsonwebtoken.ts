import { createHmac, randomBytes } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { part } from '../../test/http/attest.ts';
import type { Case } from '../interleave.ts';
import { uri } from './token.ts';

/**
 * A token with HS256, verified with the secret's bytes and a callback, as vendors of app attestation show it for Node. Checked: the
 * code over the token, its end. Not checked: anything about the request (who has the token has it all), replay. The secret on the
 * customer's server makes tokens, too.
 */
export function jsonWebToken(): Case {
  const secret = randomBytes(64);
  const claims = { did: 'device', ip: '127.0.0.1', iss: uri, exp: Math.floor(Date.now() / 1000) + 3600 };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  const token = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  return () => () => {
    let admitted = false;
    jsonwebtoken.verify(token, secret, { algorithms: ['HS256'] }, (error) => {
      admitted = error === null;
    });
    if (!admitted) throw new Error('It was refused.');
    return undefined;
  };
}
