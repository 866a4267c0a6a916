import { approvalsOf } from './approval.ts';
import { readerFor, type JsonObject, type JsonValue } from './json.ts';
import { thumbprint } from './jwk.ts';
import { Refused } from './refused.ts';
import { parseEntry, type EntryCustom, type Environment } from './custom.ts';
import { parseHashes, statementOf, type EntryStatement } from './statement.ts';
import type { Targets } from './tuf/roles.ts';

/** An entry whose structure has been read; nobody knows yet whether anybody approved it. */
export type UnverifiedEntry = {
  readonly role: string;
  readonly path: string;
  readonly length: number;
  readonly digest: string;
  readonly custom: EntryCustom;
  /** A list, or the canonical text of one that is parsed when it is needed. */
  readonly approvals: readonly JsonValue[] | string;
  /** One for each identity, in their order. */
  readonly thumbprints: readonly string[];
};

/** A target that means nothing, and why. */
export type RefusedTarget = { readonly path: string; readonly reason: Refused };

export type PartnerEntries = {
  readonly entries: readonly UnverifiedEntry[];
  readonly refused: readonly RefusedTarget[];
};

const read = readerFor('statement_malformed', 'Target');

/** Reads the structure of a partner role's entries (SPEC §3.2). An entry that is malformed is refused alone. Throws nothing. */
export function readPartnerEntries(
  role: string,
  { targets }: Pick<Targets, 'targets'>,
  setAside: ReadonlyMap<JsonObject, string>,
): PartnerEntries {
  const entries: UnverifiedEntry[] = [];
  const refused: RefusedTarget[] = [];
  for (const path of Object.keys(targets)) {
    try {
      entries.push(readEntry(role, path, targets[path], setAside));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused.push({ path, reason: error });
    }
  }
  return { entries, refused };
}

/** What approvers approved about an entry, where it was found. Throws `statement_misplaced`. */
export function statementOfEntry(
  entry: UnverifiedEntry,
  place: { readonly registry: string; readonly environment: Environment },
): EntryStatement {
  const { role, path, length, digest, custom } = entry;
  const target = { length, hashes: { sha256: digest }, custom };
  const statement = statementOf({ ...place, role, path, target });
  if (statement.kind !== 'entry') throw new TypeError('An entry makes an entry statement.');
  return statement;
}

function readEntry(
  role: string,
  path: string,
  value: JsonValue | undefined,
  setAside: ReadonlyMap<JsonObject, string>,
): UnverifiedEntry {
  const target = read.members(value, path, ['custom', 'hashes', 'length']);
  const custom = parseEntry(target.custom);
  return {
    role,
    path,
    length: read.integer(target.length, 'length', 0, Number.MAX_SAFE_INTEGER),
    digest: parseHashes(target.hashes).sha256,
    custom,
    approvals: setAside.get(target.custom as JsonObject) ?? approvalsOf(target.custom ?? null),
    thumbprints: custom.identities.map(({ key }) => thumbprint(key)),
  };
}
