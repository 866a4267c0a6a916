import type { ReasonCode } from '../../reasons.ts';
import type { Refused } from '../../refused.ts';
import { inFolder, type FolderRefusal } from '../folder-refusal.ts';

/** How urgent a finding is: nothing to do, something before long, something at once. */
export type Level = 'ok' | 'soon' | 'now';

/** What was looked at. A closed list: programs watch for these names. */
export type FindingId =
  | 'node'
  | 'package'
  | 'state'
  | 'key'
  | 'files'
  | 'writable'
  | 'space'
  | 'floor'
  | 'bundle'
  | 'incoming'
  | 'replay'
  | 'processes'
  | 'clock'
  | 'origin'
  | 'freshness'
  | 'grace'
  | 'licence'
  | 'role'
  | 'grant'
  | 'build'
  | 'refused'
  | 'fault';

export type Finding = {
  readonly id: FindingId;
  readonly level: Level;
  /** What was found, in a sentence or two. */
  readonly says: string;
  /** What to do, in a sentence; null where there is nothing to do. */
  readonly todo: string | null;
  /** The verifier's code for it, which has a page; null where it has none. */
  readonly code: ReasonCode | null;
  /** When it ends, in seconds since 1970; null for what does not end. */
  readonly ends: number | null;
};

/** Something that is as it should be. */
export function ok(id: FindingId, says: string, ends: number | null = null): Finding {
  return { id, level: 'ok', says, todo: null, code: null, ends };
}

/** Something to be done: before long, or at once. */
export function act(
  level: Level,
  id: FindingId,
  says: string,
  todo: string,
  more: { readonly code?: ReasonCode; readonly ends?: number } = {},
): Finding {
  return { id, level, says, todo, code: more.code ?? null, ends: more.ends ?? null };
}

/** What the verifier itself refuses over a state folder, as a finding. */
export function refusedAs(id: FindingId, refused: Refused, folder: string): Finding {
  return found(id, inFolder(refused, folder));
}

/** What is wrong with a state folder, as a finding. */
export function found(id: FindingId, { code, says, todo }: FolderRefusal): Finding {
  return act('now', id, says, todo, { code });
}

/** How urgent an end is, `left` seconds before it. */
export function levelBefore(
  left: number,
  thresholds: { readonly soon: number; readonly now: number },
): Level {
  return left <= thresholds.now ? 'now' : left <= thresholds.soon ? 'soon' : 'ok';
}
