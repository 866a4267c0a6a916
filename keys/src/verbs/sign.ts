import { parseJson, timeOf } from '@appwarrant/verifier/formats';
import type { Act } from '../act.ts';
import type { Desk } from '../desk.ts';
import { KeysError } from '../keys-error.ts';
import { begin, composePending, isPendingValue, parsePending } from '../pending.ts';
import type { Pending } from '../pending.ts';
import { openRepositoryFolder } from '../repository-folder.ts';
import { parseRequest, REQUEST_BYTES } from '../request.ts';
import { heardFrom, sayTally, signTogether } from '../sign-together.ts';
import { expiryFrom, readOptions, SIGNING } from './options.ts';
import type { Options } from './options.ts';

export const SIGN_USAGE =
  'sign REQUEST.json|PENDING.json --repository FOLDER --key KEY.pem… [--pending FILE] [--years N] ' +
  '[--passphrase-file FILE…] [--confirm FINGERPRINT… | --yes-confirmed FILE]';

/** Signs: begins to answer a request, or adds signatures to what others began. */
export async function sign(args: readonly string[], desk: Desk): Promise<void> {
  const options = readOptions(args, ['repository', 'pending', 'years', ...SIGNING], 1, SIGN_USAGE);
  const path = options.files[0] ?? '';
  const bytes = desk.read(path, 2 * REQUEST_BYTES);
  const joining = isPending(bytes);
  const begun = joining ? parsePending(bytes) : answer(bytes, options, desk);
  const isCreation = begun.act.kind === 'create';
  const folder = isCreation ? options.one('repository') : options.need('repository');
  const repository = folder === null ? null : openRepositoryFolder(folder, desk);
  if (options.all('key').length === 0) options.need('key');
  const signing = {
    keys: options.all('key'),
    passphraseFiles: options.all('passphrase-file'),
    heard: heardFrom(options.all('confirm'), options.all('yes-confirmed')),
    joining,
  };
  const pending = await signTogether(begun, repository, signing, desk);
  const complete = sayTally(pending, repository, desk);
  const result = options.one('pending') ?? (joining ? path : `${path.replace(/\.json$/, '')}.pending.json`);
  if (joining && result === path) desk.replace(result, composePending(pending));
  else desk.create(result, composePending(pending));
  desk.say(complete ? `${result} is complete: finish it.` : `${result} goes to the next who signs.`);
  desk.close(result);
}

function answer(bytes: Uint8Array, options: Options, desk: Desk): Pending {
  const request = parseRequest(bytes);
  if (request.type === 'appwarrant/creation-request/1') {
    throw new KeysError('command_unknown', 'This request is of a new portal: `create` answers it.');
  }
  const act: Act = {
    kind: 'request',
    made: timeOf(desk.now),
    expires: expiryFrom(options, desk.now),
    holders: new Map(),
    request,
  };
  return begin(act);
}

function isPending(bytes: Uint8Array): boolean {
  try {
    return isPendingValue(parseJson(bytes, 2 * REQUEST_BYTES));
  } catch {
    return false; // The reader of requests says what is wrong with it.
  }
}
