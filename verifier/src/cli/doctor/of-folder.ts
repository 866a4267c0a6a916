import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { count } from '../../duration.ts';
import { reasons } from '../../reasons.ts';
import { Refused } from '../../refused.ts';
import { stateFiles } from '../../state-folder.ts';
import { isForbidden, notPermitted, whyNotActivated } from '../folder-refusal.ts';
import { act, found, ok, refusedAs, type Finding } from './finding.ts';
import type { Site } from './site.ts';

const mebibyte = 1024 * 1024;
/** Free space, in bytes, below which a load may fail, and below which it is time to make room. */
const space = { now: 64 * mebibyte, soon: 512 * mebibyte };

/** The state folder as the operating system has it: whose it is, who can read it, whether it can be written, how much room is left. */
export function ofFolder(site: Site): readonly Finding[] {
  const { folder } = site;
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory() !== true) return [found('state', whyNotActivated(folder))];
  return [ofOwner(site, stats), ofKey(site), ofFiles(folder, stats.uid), ofWriting(folder), ofSpace(site)];
}

type Owned = { readonly uid: number; readonly mode: number };

function ofOwner({ folder, floor, deployment }: Site, { uid, mode }: Owned): Finding {
  // Windows has other ways to say who may read; its folders inherit them.
  const user = process.getuid?.();
  if (user === undefined) return ok('state', `${folder}. Who may read it is not judged on this system.`);
  if (user !== uid) {
    const unreadable = [floor, deployment].some(
      (each) => each instanceof Refused && each.code === 'state_unusable',
    );
    return act(
      unreadable ? 'now' : 'soon',
      'state',
      `${folder} belongs to user ${uid}, and this is user ${user}.`,
      'Run these commands as the user that runs the server: what another user loads, the server may not be able to read.',
      unreadable ? { code: 'state_unusable' } : {},
    );
  }
  if ((mode & 0o022) !== 0) {
    return act(
      'soon',
      'state',
      `Other users can write into ${folder} (mode ${octal(mode)}).`,
      `chmod 700 ${folder}`,
      { code: 'state_unusable' },
    );
  }
  return ok('state', `${folder}, mode ${octal(mode)}, belongs to this user.`);
}

function ofKey({ folder, deployment }: Site): Finding {
  const file = join(folder, stateFiles.key);
  if (deployment === null) return found('key', whyNotActivated(folder));
  if (deployment instanceof Refused) {
    if (deployment.code !== 'deployment_key_malformed') return refusedAs('key', deployment, folder);
    const { code } = deployment;
    return act('now', 'key', `${stateFiles.key} holds no P-256 key.`, reasons[code].sentence, { code });
  }
  const mode = statSync(file).mode;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const says = `Other users can read ${stateFiles.key} (mode ${octal(mode)}): they can pass for this server.`;
    return act('now', 'key', says, `chmod 600 ${file}`);
  }
  return ok('key', `Deployment ${deployment}.`);
}

/** Whoever loads as root leaves files that the server's user cannot read. */
function ofFiles(folder: string, owner: number): Finding {
  const there = Object.values(stateFiles).flatMap((file) => {
    const stats = statSync(join(folder, file), { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ file, uid: stats.uid }];
  });
  const foreign = there.filter(({ uid }) => uid !== owner).map(({ file }) => file);
  if (process.platform !== 'win32' && foreign.length > 0) {
    return act(
      'now',
      'files',
      `${foreign.join(', ')}: of another user than the folder, so the server may not be able to read them.`,
      `chown ${owner} ${foreign.map((file) => join(folder, file)).join(' ')}`,
      { code: 'state_unusable' },
    );
  }
  return ok(
    'files',
    `${count(there.length, 'file')}: ${there.map(({ file }) => file).join(', ') || 'none'}.`,
  );
}

/** Writes as a load does, under a name that nothing else uses, and removes it again. */
function ofWriting(folder: string): Finding {
  const probe = join(folder, `.doctor.${process.pid}.tmp`);
  let handle: number | undefined;
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    handle = openSync(probe, 'wx', 0o600);
    writeSync(handle, 'probe');
    fsyncSync(handle);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const says = `This user cannot write into it: ${why}${sentenceOf.get(why) ?? ''}.`;
    const todo = isForbidden(error) ? notPermitted(folder).todo : reasons.state_unusable.sentence;
    return act('now', 'writable', says, todo, { code: 'state_unusable' });
  } finally {
    if (handle !== undefined) {
      closeSync(handle);
      rmSync(probe, { force: true });
    }
  }
  return ok('writable', 'A probe file could be written, and was removed.');
}

const sentenceOf: ReadonlyMap<string, string> = new Map([
  ['EACCES', ', permission denied'],
  ['EPERM', ', not permitted'],
  ['EROFS', ', the disk is mounted read-only'],
  ['ENOSPC', ', the disk is full'],
  ['EDQUOT', ', the quota is used up'],
]);

function ofSpace({ folder, bytes }: Site): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  // A load writes the new bundle beside the old one, and a floor.
  const needed = 2 * (bytes?.length ?? 0);
  const says = `${Math.floor(free / mebibyte)} MiB are free.`;
  const todo = 'Make room on this disk: a load needs room for the new bundle beside the old one.';
  if (free < space.now + needed) return act('now', 'space', says, todo, { code: 'state_unusable' });
  if (free < space.soon + needed) return act('soon', 'space', says, todo);
  return ok('space', says);
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, '0');
}
