import { timeOf } from '@appwarrant/verifier/formats';
import type { Act } from '../act.ts';
import type { Keyring } from '../compose-root.ts';
import type { Desk } from '../desk.ts';
import { KeysError } from '../keys-error.ts';
import { begin, composePending } from '../pending.ts';
import { parsePublicKeyFile, PUBLIC_KEY_BYTES } from '../public-key-file.ts';
import type { PublicKeyFile } from '../public-key-file.ts';
import { parseRequest, REQUEST_BYTES } from '../request.ts';
import { heardFrom, sayTally, signTogether } from '../sign-together.ts';
import { keyIdOf } from '../signer.ts';
import { expiryFrom, readOptions, SIGNING, thresholdFrom } from './options.ts';

export const CREATE_USAGE =
  'create REQUEST.json --root-key PUB… --root-threshold N --targets-key PUB… --targets-threshold N --pending FILE ' +
  '[--years N] [--key KEY.pem… [--passphrase-file FILE…] [--confirm FINGERPRINT… | --yes-confirmed FILE]]';

/** Begins a new registry: who holds root and targets, and what the portal asked for. */
export async function create(args: readonly string[], desk: Desk): Promise<void> {
  const names = [
    'root-key',
    'root-threshold',
    'targets-key',
    'targets-threshold',
    'pending',
    'years',
    ...SIGNING,
  ];
  const options = readOptions(args, names, 1, CREATE_USAGE);
  const request = parseRequest(desk.read(options.files[0] ?? '', REQUEST_BYTES));
  if (request.type !== 'appwarrant/creation-request/1') {
    throw new KeysError(
      'request_malformed',
      'This request changes a registry; to create one takes a request of a new portal.',
    );
  }
  const root = readHolders(options.all('root-key'), desk);
  const targets = readHolders(options.all('targets-key'), desk);
  const act: Act = {
    kind: 'create',
    made: timeOf(desk.now),
    expires: expiryFrom(options, desk.now),
    holders: new Map([...root, ...targets].map(({ key, name }) => [keyIdOf(key), name])),
    request,
    root: keyringOf(root, options.need('root-threshold')),
    targets: keyringOf(targets, options.need('targets-threshold')),
  };
  const path = options.need('pending');
  const signing = {
    keys: options.all('key'),
    passphraseFiles: options.all('passphrase-file'),
    heard: heardFrom(options.all('confirm'), options.all('yes-confirmed')),
    joining: false,
  };
  const pending = await signTogether(begin(act), null, signing, desk);
  sayTally(pending, null, desk);
  desk.create(path, composePending(pending));
  desk.close(path);
}

/** Reads public key files. Throws KeysError `file_malformed`, `file_unreadable`. */
export function readHolders(paths: readonly string[], desk: Desk): readonly PublicKeyFile[] {
  return paths.map((path) => parsePublicKeyFile(desk.read(path, PUBLIC_KEY_BYTES), path));
}

function keyringOf(holders: readonly PublicKeyFile[], threshold: string): Keyring {
  return { keys: holders.map(({ key }) => key), threshold: thresholdFrom(threshold) };
}
