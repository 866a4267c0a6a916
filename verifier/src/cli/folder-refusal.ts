import { statSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { reasons, type ReasonCode } from '../reasons.ts';
import type { Refused } from '../refused.ts';
import { stateFiles } from '../state-folder.ts';
import { programName } from './program.ts';

/** A refusal as whoever runs a command is told it: what was seen, which names the folder, and what to do about it. */
export type FolderRefusal = {
  readonly code: ReasonCode;
  readonly title: string;
  readonly says: string;
  readonly todo: string;
  /** Both. */
  readonly message: string;
};

/** Why there is no deployment key: no such folder, no folder at all, one that was activated before, or a new one. */
export function whyNotActivated(folder: string): FolderRefusal {
  const name = "Name the server's own folder with --state";
  const activate = `run ${programName()} activate --state ${folder}`;
  if (lookAt(folder) === undefined) {
    const todo = `${name}; where there was never one, ${activate}.`;
    return tell('not_activated', `There is no folder ${inFull(folder)}.`, todo);
  }
  if (isFile(folder)) return tell('state_unusable', `${inFull(folder)} is a file, not a folder.`, `${name}.`);
  const { key } = stateFiles;
  if (wasActivated(folder)) {
    const says = `${inFull(folder)} was activated before, and its ${key} is missing.`;
    const todo = `Restore ${key} from its backup. Only where there is none, make another deployment: ${activate} --new-deployment, send the new id to the vendor, and tell the apps.`;
    return tell('not_activated', says, todo);
  }
  const todo = `${name}; if this is it, ${activate}, and send the deployment id to the vendor.`;
  return tell('not_activated', `There is no ${key} in ${inFull(folder)}.`, todo);
}

/** Whether something else lies where the folder is to be. */
export function isFile(folder: string): boolean {
  return lookAt(folder)?.isDirectory() === false;
}

/** Whether a bundle was loaded here: nothing is loaded before activation. */
export function wasActivated(folder: string): boolean {
  return [stateFiles.floor, stateFiles.bundle, stateFiles.incoming].some(
    (file) => lookAt(join(folder, file)) !== undefined,
  );
}

/** What a command that was given `folder` says of a refusal: where it is the folder's, what can be done here. */
export function inFolder(refused: Refused, folder: string): FolderRefusal {
  const { code, seen, title, message } = refused;
  if (code === 'not_activated') return whyNotActivated(folder);
  if (code === 'state_unusable' && /: (?:EACCES|EPERM)\.$/.test(seen)) return notPermitted(folder);
  return { code, title, says: seen === '' ? `${title}.` : seen, todo: reasons[code].sentence, message };
}

/** That the system keeps this user out: of the folder, which is most likely another user's, or of something in its own one. */
export function notPermitted(folder: string): FolderRefusal {
  const user = process.getuid?.();
  const who = user === undefined ? 'This user' : `User ${String(user)}`;
  const says = `${who} is not permitted to use ${inFull(folder)}.`;
  const owner = user === undefined ? undefined : lookAt(folder)?.uid;
  if (owner !== undefined && owner === user) {
    const todo = `Give it back to that user, with all that is in it: as root, chown -R ${String(user)} ${folder} && chmod 700 ${folder}`;
    return tell('state_unusable', says, todo);
  }
  const whose = owner === undefined ? '' : ` (user ${String(owner)})`;
  const todo = `Run this as the user that owns the folder${whose}: the one that runs the server.`;
  return tell('state_unusable', says, todo);
}

/** Whether the system has kept this user out of something. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');
}

function tell(code: ReasonCode, says: string, todo: string): FolderRefusal {
  return { code, title: reasons[code].title, says, todo, message: `${says} ${todo}` };
}

/** What the system says of a path; undefined where there is nothing, or this user cannot see it. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** As it was typed, and what that stands for where it does not begin at the root. */
function inFull(folder: string): string {
  const whole = resolve(folder);
  return whole === folder ? folder : `${folder} (${whole})`;
}
