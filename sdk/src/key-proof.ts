import { canonical, toBase64url } from '@appwarrant/verifier/formats/browser';
import { signBytes, type AppKey } from './app-key.ts';

/**
 * The proof of possession that accompanies a submission: a signature by the key over the registry, partner and app for
 * which it is submitted, so that nobody can submit another app's public key as his own. base64url of r‖s.
 * `registry`, `partner` and `app` are the ids that the portal shows.
 */
export async function keyProof(
  key: AppKey,
  { registry, partner, app }: { registry: string; partner: string; app: string },
): Promise<string> {
  const claim = { type: 'appwarrant/key-proof/1', registry, partner, app, key: key.keyId };
  return toBase64url(await signBytes(key, canonical(claim)));
}
