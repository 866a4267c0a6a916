import crypto from 'node:crypto';
import { readDeployment } from './deployment-id.ts';
import { Refused } from './refused.ts';
import { makeStateFolder, stateFiles, writeState } from './state-folder.ts';

// The only place of this package where a key is made: the deployment key (SPEC §9), which proves this server to apps and admits
// nobody. No check imports it (test/surface.test.ts).

/**
 * Makes the deployment key where there is none yet (mode 0600), and returns the deployment's id. Done again, it returns the same id.
 * Throws `state_unusable`, `deployment_key_malformed`.
 */
export function activate(folder: string): string {
  makeStateFolder(folder);
  const known = readDeployment(folder);
  if (known !== null) return known;
  const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeState(folder, stateFiles.key, new TextEncoder().encode(pem));
  const made = readDeployment(folder);
  if (made === null) throw new Refused('state_unusable', `${folder}: the key that was written is not there.`);
  return made;
}
