import { timeOf } from '@appwarrant/verifier/formats';
import type { Act } from '../act.ts';
import type { Keyring } from '../compose-root.ts';
import type { Desk } from '../desk.ts';
import { KeysError } from '../keys-error.ts';
import { begin, composePending } from '../pending.ts';
import type { PublicKeyFile } from '../public-key-file.ts';
import { openRepositoryFolder } from '../repository-folder.ts';
import { heardFrom, sayTally, signTogether } from '../sign-together.ts';
import { keyIdOf } from '../signer.ts';
import { readHolders } from './create.ts';
import { expiryFrom, readOptions, SIGNING, thresholdFrom } from './options.ts';

export const ROTATE_USAGE =
  'rotate-root --repository FOLDER --pending FILE [--add-root-key PUB…] [--remove-root-key FINGERPRINT…] [--root-threshold N] ' +
  '[--add-targets-key PUB…] [--remove-targets-key FINGERPRINT…] [--targets-threshold N] [--years N] ' +
  '[--key KEY.pem… [--passphrase-file FILE…] [--confirm FINGERPRINT… | --yes-confirmed FILE]]';

/** Begins the next root: keys come and go, thresholds change, or only its end moves. */
export async function rotate(args: readonly string[], desk: Desk): Promise<void> {
  const names = ['root', 'targets'].flatMap((role) => [
    `add-${role}-key`,
    `remove-${role}-key`,
    `${role}-threshold`,
  ]);
  const options = readOptions(
    args,
    [...names, 'repository', 'pending', 'years', ...SIGNING],
    0,
    ROTATE_USAGE,
  );
  const repository = openRepositoryFolder(options.need('repository'), desk);
  if (repository === null) throw new KeysError('repository_malformed', 'There is no root in this folder.');
  const { registry, root, targets } = repository;
  const arriving = {
    root: readHolders(options.all('add-root-key'), desk),
    targets: readHolders(options.all('add-targets-key'), desk),
  };
  const change = (role: 'root' | 'targets'): Keyring =>
    changed(
      root.roles[role],
      arriving[role],
      options.all(`remove-${role}-key`),
      options.one(`${role}-threshold`),
    );
  const act: Act = {
    kind: 'rotate-root',
    made: timeOf(desk.now),
    expires: expiryFrom(options, desk.now),
    holders: new Map([...arriving.root, ...arriving.targets].map(({ key, name }) => [keyIdOf(key), name])),
    rotation: {
      registry,
      base: { root: root.version, targets: targets.version },
      root: change('root'),
      targets: change('targets'),
    },
  };
  const signing = {
    keys: options.all('key'),
    passphraseFiles: options.all('passphrase-file'),
    heard: heardFrom(options.all('confirm'), options.all('yes-confirmed')),
    joining: false,
  };
  const path = options.need('pending');
  const pending = await signTogether(begin(act), repository, signing, desk);
  sayTally(pending, repository, desk);
  desk.create(path, composePending(pending));
  desk.close(path);
}

function changed(
  held: Keyring,
  arriving: readonly PublicKeyFile[],
  leaving: readonly string[],
  threshold: string | null,
): Keyring {
  const gone = leaving.map((text) => text.replaceAll(/[\s-]/g, '').toLowerCase());
  const ids = held.keys.map(keyIdOf);
  const unknown = gone.find((id) => !ids.includes(id));
  if (unknown !== undefined) {
    throw new KeysError(
      'key_not_listed',
      `No key with the fingerprint ${unknown.slice(0, 80)} holds this role.`,
    );
  }
  const staying = held.keys.filter((key) => !gone.includes(keyIdOf(key)));
  return {
    keys: [...staying, ...arriving.map(({ key }) => key)],
    threshold: threshold === null ? held.threshold : thresholdFrom(threshold),
  };
}
