import { generateP256Pem, p256CoordinatesOfPem } from './crypto.ts';
import { thumbprint } from './jwk.ts';
import { Refused } from './refused.ts';
import { makeStateFolder, readState, stateFiles, writeState } from './state-folder.ts';

// The deployment key (SPEC §9): it proves this server to apps, and admits nobody.

/**
 * Makes the deployment key where there is none yet (mode 0600), and returns the deployment's id. Done again, it returns the same id.
 * Throws `state_unusable`, `deployment_key_malformed`.
 */
export function activate(folder: string): string {
  makeStateFolder(folder);
  const known = readDeployment(folder);
  if (known !== null) return known;
  writeState(folder, stateFiles.key, new TextEncoder().encode(generateP256Pem()));
  const made = readDeployment(folder);
  if (made === null) throw new Refused('state_unusable', `${folder}: the key that was written is not there.`);
  return made;
}

/**
 * The id of the deployment whose key lies in the folder, or null before `activate`. It is derived from the key and can be set nowhere.
 * Throws `deployment_key_malformed`, `state_unusable`.
 */
export function readDeployment(folder: string): string | null {
  const pem = readState(folder, stateFiles.key);
  if (pem === null) return null;
  const coordinates = p256CoordinatesOfPem(new TextDecoder().decode(pem));
  if (coordinates === undefined)
    throw new Refused('deployment_key_malformed', `${folder}/${stateFiles.key}:`);
  return thumbprint({ crv: 'P-256', kty: 'EC', ...coordinates });
}
