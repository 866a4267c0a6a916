import { p256OfPrivatePem } from './crypto.ts';
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
