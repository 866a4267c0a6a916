import { keyFingerprint } from '../changes.ts';
import type { Desk } from '../desk.ts';
import { createKeyFile } from '../file-signer.ts';
import { isDevelopmentPlace } from '../key-place.ts';
import { newPassphrase } from '../passphrase.ts';
import { composePublicKey } from '../public-key-file.ts';
import { readOptions } from './options.ts';

export const KEY_USAGE = 'key FILE.pem --name "Alice Baker" [--passphrase-file FILE] [--transcript FILE]';
const KEY_OPTIONS = ['name', 'passphrase-file', 'transcript'];

/** Makes somebody's key: FILE.pem, which that person keeps, and FILE.pub.json, which goes to the ceremony. */
export async function makeKey(args: readonly string[], desk: Desk): Promise<void> {
  const options = readOptions(args, KEY_OPTIONS, 1, KEY_USAGE);
  const path = options.files[0] ?? '';
  const name = options.need('name');
  const publicPath = `${path.replace(/\.pem$/, '')}.pub.json`;
  composePublicKey(name, { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: '' } });
  const passphrase = isDevelopmentPlace(path)
    ? null
    : await newPassphrase(path, options.all('passphrase-file'), desk.terminal);
  const signer = createKeyFile(path, passphrase);
  desk.create(publicPath, composePublicKey(name, signer.key));
  desk.say(
    `A ${signer.environment} key for ${name}. Read its fingerprint aloud when the role is given to it:`,
  );
  desk.say(`    ${keyFingerprint(signer.keyId)}`);
  desk.close(path);
}
