import { chmodSync, lstatSync, realpathSync, renameSync, rmSync, statSync, type Stats } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { Unusable } from './unusable.ts';

// A socket's place in the file system. Whoever can put a socket of his own there answers the proxy in our stead, so its folder, and
// all folders above it, must belong to nobody but root and this user.

/** The socket's place: bound under another name first, so that it is never there with other rights, nor for a moment missing. */
export type Place = { readonly path: string; readonly temporary: string };

/**
 * Looks whether this program may listen there, and gives the place. Throws `Unusable`: a folder or a socket of somebody else, a folder
 * in which others may write, something that is no socket, a socket at which somebody answers.
 */
export async function claimPlace(given: string): Promise<Place> {
  const user = process.getuid?.();
  const folder = realFolder(dirname(given));
  requireSafe(folder, user);
  const path = join(folder, basename(given));
  const there = statsOf(path);
  if (there !== undefined) {
    if (!there.isSocket()) throw new Unusable(`${given} is there and is no socket.`);
    if (user !== undefined && there.uid !== user)
      throw new Unusable(
        `${given} is a socket of another user (${String(there.uid)}): remove it, or take another path.`,
      );
    if (await isAnswered(path))
      throw new Unusable(`Somebody listens at ${given} already: end that program first.`);
  }
  const temporary = `${path}.new`;
  requireOurs(temporary, user);
  rmSync(temporary, { force: true });
  return { path, temporary };
}

/** Puts the bound socket in its place, for this user and group: 0660. Over a stale one, which nobody answered. */
export function takePlace({ path, temporary }: Place): () => void {
  chmodSync(temporary, 0o660);
  renameSync(temporary, path);
  const { ino } = lstatSync(path);
  return () => {
    // Another process may have taken the place since.
    if (statsOf(path)?.ino === ino) rmSync(path, { force: true });
  };
}

/** The folder and all above it. A folder with the sticky bit, such as /tmp, may stand above, where nobody can take away what is not his. */
function requireSafe(folder: string, user: number | undefined): void {
  if (user === undefined) return;
  for (let at = folder, isLast = true; ; isLast = false) {
    const { mode, uid } = statSync(at);
    if (uid !== user && uid !== 0)
      throw new Unusable(
        `The folder ${at} belongs to another user (${String(uid)}), who could put a socket of his own there.`,
      );
    const isShared = (mode & 0o022) !== 0;
    if (isShared && (isLast || (mode & 0o1000) === 0))
      throw new Unusable(
        `In the folder ${at} others may write: chmod go-w it, or take a folder of this user's own.`,
      );
    const above = dirname(at);
    if (above === at) return;
    at = above;
  }
}

function requireOurs(path: string, user: number | undefined): void {
  const there = statsOf(path);
  if (there === undefined) return;
  if (!there.isSocket() || (user !== undefined && there.uid !== user))
    throw new Unusable(`${path} is there and is not of this program: remove it.`);
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    throw new Unusable(`The folder ${folder} cannot be used: ${codeOf(error)}.`);
  }
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Whether a program listens there. A socket of a program that has ended refuses; where it cannot be told, somebody may. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => done(true));
    socket.once('error', (error) => done(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'));
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
