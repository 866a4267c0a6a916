import { approvalsOf } from './approval.ts';
import { attempt } from './attempt.ts';
import { sha256Base64url } from './crypto.ts';
import { readerFor, type JsonValue } from './json.ts';
import { thumbprint } from './jwk.ts';
import { Refused } from './refused.ts';
import { parseEntry, type EntryCustom, type Environment } from './custom.ts';
import type { ScannedEntry } from './scan-entry.ts';
import { parseHashes, statementOf, type EntryStatement } from './statement.ts';
import { parseJsonText } from './strict-json.ts';
import type { Targets } from './tuf/roles.ts';

/** An entry whose structure is right; nobody knows yet whether anybody approved it. */
export type UnverifiedEntry = {
  readonly role: string;
  readonly path: string;
  readonly length: number;
  readonly digest: string;
  readonly custom: EntryCustom;
  readonly approvals: readonly JsonValue[];
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

/**
 * Reads the structure of a partner role's entries (SPEC §3.2): of those that were `scanned`, and of those that were parsed. An entry that
 * is malformed is refused alone. Throws nothing.
 */
export function readPartnerEntries(
  role: string,
  { targets }: Pick<Targets, 'targets'>,
  scanned: readonly ScannedEntry[],
): PartnerEntries {
  const entries: UnverifiedEntry[] = scanned.map((entry) => new RecognisedEntry(role, entry));
  const refused: RefusedTarget[] = [];
  for (const path of Object.keys(targets)) {
    const entry = attempt(() => readEntry(role, path, targets[path]));
    if (entry instanceof Refused) refused.push({ path, reason: entry });
    else entries.push(entry);
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

function readEntry(role: string, path: string, value: JsonValue | undefined): UnverifiedEntry {
  const target = read.members(value, path, ['custom', 'hashes', 'length']);
  const custom = parseEntry(target.custom);
  return {
    role,
    path,
    length: read.integer(target.length, 'length', 0, Number.MAX_SAFE_INTEGER),
    digest: parseHashes(target.hashes).sha256,
    custom,
    approvals: approvalsOf(target.custom ?? null),
    thumbprints: custom.identities.map(({ key }) => thumbprint(key)),
  };
}

/** An entry that is kept as text. A class, because what it says is read once, when somebody asks. */
class RecognisedEntry implements UnverifiedEntry {
  readonly role: string;
  readonly path: string;
  readonly length: number;
  readonly digest: string;
  readonly thumbprints: readonly string[];
  private readonly text: string;
  private content: Pick<UnverifiedEntry, 'custom' | 'approvals'> | undefined;

  constructor(role: string, { path, length, digest, text, keys }: ScannedEntry) {
    this.role = role;
    this.path = path;
    this.length = length;
    this.digest = digest;
    this.text = text;
    // RFC 7638: the digest of a key's canonical form, which is what was recognised.
    this.thumbprints = keys.map(sha256Base64url);
  }

  get custom(): EntryCustom {
    return this.read().custom;
  }

  get approvals(): readonly JsonValue[] {
    return this.read().approvals;
  }

  private read(): Pick<UnverifiedEntry, 'custom' | 'approvals'> {
    if (this.content === undefined) {
      const value = parseJsonText(this.text);
      this.content = { custom: parseEntry(value), approvals: approvalsOf(value) };
    }
    return this.content;
  }
}
