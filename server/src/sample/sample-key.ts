import { generateKeyPairSync, sign } from 'node:crypto';

import { canonical, thumbprint, type EcJwk } from '@appwarrant/verifier/formats';

import type { KeyPurpose } from '../builds/key-proof.ts';

/** A new public key with a genuine proof of possession; its private half exists only while this runs. */
export function sampleKey({ registry, partner, app }: KeyPurpose): {
  readonly key: EcJwk;
  readonly keyProof: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const key: EcJwk = { crv: 'P-256', kty: 'EC', x, y };
  const claim = canonical({ type: 'appwarrant/key-proof/1', registry, partner, app, key: thumbprint(key) });
  const keyProof = sign('sha256', claim, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
    'base64url',
  );
  return { key, keyProof };
}
