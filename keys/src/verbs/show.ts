import { inGroups, parseJson, timeOf } from '@appwarrant/verifier/formats';
import { describeRoot, describeRoster } from '../changes.ts';
import type { Line } from '../changes.ts';
import type { Desk } from '../desk.ts';
import { KeysError } from '../keys-error.ts';
import { begin, isPendingValue, parsePending } from '../pending.ts';
import { openRepositoryFolder } from '../repository-folder.ts';
import { parseRequest, REQUEST_BYTES, requestDigest } from '../request.ts';
import type { CreationRequest } from '../request.ts';
import { sayTally, signTogether } from '../sign-together.ts';
import { keyIdOf } from '../signer.ts';
import { expiryFrom, readOptions } from './options.ts';

export const REQUEST_USAGE = 'request REQUEST.json|PENDING.json [--repository FOLDER]';
export const ROSTER_USAGE = 'roster --repository FOLDER';

const NOBODY = { keys: [], passphraseFiles: [], heard: null };

/** Shows what a request asks for, or how far a pending file is. Signs and writes nothing. */
export async function showRequest(args: readonly string[], desk: Desk): Promise<void> {
  const options = readOptions(args, ['repository'], 1, REQUEST_USAGE);
  const bytes = desk.read(options.files[0] ?? '', 2 * REQUEST_BYTES);
  const folder = options.one('repository');
  const repository = folder === null ? null : openRepositoryFolder(folder, desk);
  const value = parseJson(bytes, 2 * REQUEST_BYTES);
  if (isPendingValue(value)) {
    const pending = parsePending(bytes);
    if (repository === null && pending.act.kind !== 'create') throw withoutFolder();
    await signTogether(pending, repository, { ...NOBODY, joining: true }, desk);
    sayTally(pending, repository, desk);
    return;
  }
  const request = parseRequest(bytes);
  if (request.type === 'appwarrant/creation-request/1') {
    sayCreation(request, desk);
    return;
  }
  if (repository === null) throw withoutFolder();
  const shared = {
    made: timeOf(desk.now),
    expires: expiryFrom(options, desk.now),
    holders: new Map<string, string>(),
  };
  await signTogether(
    begin({ kind: 'request', ...shared, request }),
    repository,
    { ...NOBODY, joining: false },
    desk,
  );
}

/** Shows who may approve, and who holds the offline roles. */
export async function showRoster(args: readonly string[], desk: Desk): Promise<void> {
  const options = readOptions(args, ['repository'], 0, ROSTER_USAGE);
  const repository = openRepositoryFolder(options.need('repository'), desk);
  if (repository === null) throw new KeysError('repository_malformed', 'There is no root in this folder.');
  const { registry, root, targets } = repository;
  desk.say(`Registry ${inGroups(registry)}`);
  say(describeRoot(null, root, new Map()), desk);
  desk.say(`Targets version ${targets.version}, ends ${targets.expires}.`);
  say(describeRoster(targets.roster), desk);
}

function sayCreation(request: CreationRequest, desk: Desk): void {
  desk.say(
    `A new ${request.environment} registry for ${request.vendor}; the request was made ${request.made}:`,
  );
  desk.say(`    ${inGroups(requestDigest(request))}`);
  for (const [role, key] of Object.entries(request.keys)) {
    desk.say(`The portal's key for ${role}`);
    desk.say(`    ${inGroups(keyIdOf(key))}`);
  }
  say(describeRoster({ ...request, approvers: [] }), desk);
}

function say(lines: readonly Line[], desk: Desk): void {
  for (const { fingerprint, text } of lines) {
    desk.say(text);
    if (fingerprint !== null) desk.say(`    ${fingerprint}`);
  }
}

function withoutFolder(): KeysError {
  return new KeysError(
    'command_unknown',
    `--repository is missing.\nUsage: npm run ceremony -- ${REQUEST_USAGE}`,
  );
}
