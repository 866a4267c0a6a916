import type { JsonObject } from '../../src/formats.ts';
import { Refused } from '../../src/refused.ts';
import { Absent, findTarget, refresh, type TufClient } from './tuf-client.ts';
import { answerText } from './tuf-repository.ts';

/** What can be seen of a TUF client from outside. */
export type Outcome = {
  /** What it answered about each path: a target, 'absent' or 'refused'. 'refused' where it did not come down to the targets. */
  readonly answers: readonly string[] | 'refused';
  /** What it trusts from now on, by role. */
  readonly held: Readonly<Record<string, string>>;
};
export type Files = ReadonlyMap<string, Uint8Array>;
/** A client with a place of its own for what it trusts. */
export type AskedClient = {
  /** `now` in seconds since 1970. */
  readonly ask: (files: Files, paths: readonly string[], now: number) => Promise<Outcome>;
  /** Changes what is held, as a crash or an owner may; undefined removes it. */
  readonly spoil: (role: string, change: (bytes: Uint8Array) => Uint8Array | undefined) => void;
  readonly end: () => void;
};

/** Our client over the core. It trusts this root, and holds in memory. */
export function askOurs(root: Uint8Array): AskedClient {
  const held = new Map([['root', root]]);
  return {
    async ask(files, paths, now) {
      const client: TufClient = {
        holdings: { read: (role) => held.get(role), write: (role, bytes) => void held.set(role, bytes) },
        repository: (name) => Promise.resolve(files.get(name)),
        now,
      };
      const answers = await orRefused(isRefusal, async () => {
        const refreshed = await refresh(client);
        return inTurn(paths, isRefusal, (path) => findTarget(client, refreshed, path));
      });
      return { answers, held: Object.fromEntries([...held].map(([role, bytes]) => [role, textOf(bytes)])) };
    },
    spoil(role, change) {
      const bytes = held.get(role);
      const changed = bytes === undefined ? undefined : change(bytes);
      if (changed === undefined) held.delete(role);
      else held.set(role, changed);
    },
    end: () => undefined,
  };
}

/** The answers about paths, one after the other. */
export async function inTurn(
  paths: readonly string[],
  isNo: (error: unknown) => boolean,
  find: (path: string) => Promise<JsonObject | undefined>,
): Promise<string[]> {
  const answers: string[] = [];
  for (const path of paths) answers.push(await orRefused(isNo, async () => answerText(await find(path))));
  return answers;
}

/** What `act` gives, or 'refused' when it throws a no; other errors are thrown on. */
export async function orRefused<T>(
  isNo: (error: unknown) => boolean,
  act: () => Promise<T>,
): Promise<T | 'refused'> {
  try {
    return await act();
  } catch (error) {
    if (isNo(error)) return 'refused';
    throw error;
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Our client says no in no other way. */
function isRefusal(error: unknown): boolean {
  return error instanceof Refused || error instanceof Absent;
}
