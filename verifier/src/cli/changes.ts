import { canonicalText } from '../canonical.ts';
import type { OpenedBundle } from '../open-bundle.ts';
import type { UnverifiedEntry } from '../partner-entries.ts';
import type { ReasonCode } from '../reasons.ts';
import { nameBuild } from './name-build.ts';

/** A build that a load has brought, taken away, changed or refused. */
type Changed = { readonly path: string; readonly name: string };

/** What a bundle says otherwise than the one before it: each build stands in one list. `refused` are those that were not before. */
export type Changes = {
  readonly added: readonly Changed[];
  readonly removed: readonly Changed[];
  /** Listed before, with another statement: approved anew, or for something else. */
  readonly renewed: readonly Changed[];
  readonly refused: readonly (Changed & { readonly code: ReasonCode })[];
};

/** Compares two opened bundles; `before` is null at a first load. Roles whose file is the same are not compared. */
export function changesBetween(before: OpenedBundle | null, after: OpenedBundle): Changes {
  const listedBefore = new Map<string, UnverifiedEntry>();
  const listedAfter = new Map<string, UnverifiedEntry>();
  const digestIn = (opened: OpenedBundle | null, role: string) =>
    opened?.partnerRoles.get(role)?.floor.digest;
  const collect = (from: OpenedBundle | null, to: Map<string, UnverifiedEntry>): void => {
    for (const [role, { content }] of from?.partnerRoles ?? []) {
      if (digestIn(before, role) === digestIn(after, role)) continue;
      for (const entry of content.entries) to.set(entry.path, entry);
    }
  };
  collect(before, listedBefore);
  collect(after, listedAfter);

  const added: Changed[] = [];
  const renewed: Changed[] = [];
  for (const [path, entry] of listedAfter) {
    const known = listedBefore.get(path);
    if (known === undefined) added.push(changed(entry));
    else if (canonicalText(known.custom) !== canonicalText(entry.custom)) renewed.push(changed(entry));
  }
  const removed = [...listedBefore.values()].filter(({ path }) => !listedAfter.has(path)).map(changed);
  const refused = refusedAnew(before, after);
  const isRefused = new Set(refused.map(({ path }) => path));
  const sound = (list: readonly Changed[]) => list.filter(({ path }) => !isRefused.has(path));
  return { added: sound(added), removed, renewed: sound(renewed), refused };
}

function refusedAnew(before: OpenedBundle | null, after: OpenedBundle): Changes['refused'] {
  const { refused } = after.judgeAll();
  const paths = new Set(refused.map(({ path }) => path));
  const old = before?.judgeOnly(paths).refused ?? [];
  const known = new Set([...old, ...(before?.refused ?? [])].map(({ path }) => path));
  const anew = new Map(
    refused.filter(({ path }) => !known.has(path)).map(({ path, reason }) => [path, reason.code]),
  );
  if (anew.size === 0) return [];
  const names = new Map<string, string>();
  for (const { content } of after.partnerRoles.values()) {
    for (const entry of content.entries)
      if (anew.has(entry.path)) names.set(entry.path, nameBuild(entry.custom));
  }
  return [...anew].map(([path, code]) => ({ path, name: names.get(path) ?? path, code }));
}

function changed({ path, custom }: UnverifiedEntry): Changed {
  return { path, name: nameBuild(custom) };
}
