import crypto from 'node:crypto';
import { thumbprint } from './jwk.ts';
import { Refused } from './refused.ts';
import { readState, stateFiles } from './state-folder.ts';

/**
 * The id of the deployment whose key lies in the folder (SPEC §9), or null before `activate`. It is derived from the key and can be
 * set nowhere. Throws `deployment_key_malformed`, `state_unusable`.
 */
export function readDeployment(folder: string): string | null {
  const pem = readState(folder, stateFiles.key);
  if (pem === null) return null;
  const coordinates = p256OfPrivatePem(new TextDecoder().decode(pem));
  if (coordinates === undefined)
    throw new Refused('deployment_key_malformed', `${folder}/${stateFiles.key}:`);
  return thumbprint({ crv: 'P-256', kty: 'EC', ...coordinates });
}

/** PKCS #8 in PEM and nothing beside it: OpenSSL would also take a public key, or whatever block of a longer text it can use. */
const pkcs8Pem = /^-----BEGIN PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n]{1,4096}-----END PRIVATE KEY-----\s*$/;

/**
 * The public coordinates of a P-256 private key, multiplied out from its secret number: PKCS #8 may also write down a public key,
 * and OpenSSL believes it. Another deployment's could stand there, whose bundle somebody has got hold of.
 */
export function p256OfPrivatePem(pem: string): { readonly x: string; readonly y: string } | undefined {
  if (!pkcs8Pem.test(pem)) return undefined;
  try {
    const { crv, d } = crypto.createPrivateKey(pem).export({ format: 'jwk' });
    if (crv !== 'P-256' || typeof d !== 'string') return undefined;
    const pair = crypto.createECDH('prime256v1');
    pair.setPrivateKey(d, 'base64url');
    const point = pair.getPublicKey();
    return {
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    };
  } catch {
    return undefined;
  }
}
