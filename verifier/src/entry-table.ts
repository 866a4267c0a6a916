import type { Entry, KeyMatch } from './allowlist.ts';
import { attempt } from './attempt.ts';
import { importP256, type PublicKey } from './crypto.ts';
import { detached } from './detached.ts';
import { partnerRolePattern } from './ids.ts';
import { judgeStatement, requireNotRevoked, type Court } from './judge-statement.ts';
import { indexKeys, type KeyIndex } from './key-index.ts';
import { statementOfEntry, type PartnerEntries, type RefusedTarget } from './partner-entries.ts';
import type { UnverifiedEntry } from './partner-entries.ts';
import { newestFirst } from './newest-first.ts';
import { Refused } from './refused.ts';
import type { EntryCustom, Identity } from './custom.ts';
import { statementDigest } from './statement.ts';
import { secondsOf } from './time.ts';

/**
 * The entries of one bundle by the keys of their builds. Approvals are verified when an entry is first used, because a customer uses
 * few of the builds that he could; what came out is kept as long as the table.
 */
export type EntryTable = {
  /** See `Allowlist.findKey`. */
  readonly findKey: (thumbprint: string, now: number) => KeyMatch;
  /** See `Allowlist.findAttester`. */
  readonly findAttester: (thumbprint: string, now: number) => KeyMatch;
  /** See `Allowlist.isListed`. */
  readonly isListed: (thumbprint: string) => boolean;
  /** Which app the newest entry with this key names, approved or not: a name for people, which proves nothing. */
  readonly whose: (thumbprint: string) => Pick<EntryCustom, 'partner' | 'app'> | null;
  /** Judges up to `most` entries that were not asked for in this way yet; returns how many are left. */
  readonly judgeSome: (most: number) => number;
  /** Judges the entries at these paths, and nothing else. */
  readonly judgeOnly: (paths: ReadonlySet<string>) => Judged;
  /** All that was judged so far. Dates are not: they are judged at every check. */
  readonly judged: () => Judged;
  /** How many entries there are, judged or not, and of how many partners. */
  readonly listed: { readonly entries: number; readonly partners: number };
  readonly index: KeyIndex;
};

export type Judged = { readonly entries: readonly Entry[]; readonly refused: readonly RefusedTarget[] };

/** An entry that was approved, and its keys in the order of its identities. */
type Approved = { readonly entry: Entry; readonly keys: readonly PublicKey[] };

/** One approved entry from the side of one of its keys. Times in seconds. */
type Use = {
  readonly entry: Entry;
  readonly identity: Identity;
  readonly key: PublicKey;
  readonly from: number;
  readonly until: number;
};

/** All that one key stands for in one use: the newest approval first, and why the newest refused entry was refused. */
type KeyRecord = {
  readonly uses: readonly Use[];
  readonly refused: Refused | undefined;
  /** What was found last, and from when until when nothing begins or ends. */
  latest?: { readonly from: number; readonly until: number; readonly match: KeyMatch };
};

/**
 * Makes the table of the entries of partner roles, which have only been read. `held` is the table of the bundle before, if any: it saves
 * indexing again what did not change.
 */
export function tableOf(
  roles: ReadonlyMap<string, PartnerEntries>,
  court: Court,
  held: EntryTable | undefined,
): EntryTable {
  const index = indexKeys(roles, held?.index);
  const outcomes = new Map<UnverifiedEntry, Approved | Refused>();
  const shared = new Map<string, boolean>();
  const records = { request: new Map<string, KeyRecord>(), attest: new Map<string, KeyRecord>() };

  /** Whether entries of two apps name a key (SPEC §4.5). Most keys have one entry: nothing is remembered of them. */
  const isInTwoApps = (name: string): boolean => {
    const entries = index.entriesOf(name);
    if (entries.length < 2) return false;
    const known = shared.get(name);
    if (known !== undefined) return known;
    const found = areOfTwoApps(entries, court);
    shared.set(name, found);
    return found;
  };
  const judge = (entry: UnverifiedEntry): Approved | Refused => {
    const known = outcomes.get(entry);
    if (known !== undefined) return known;
    const outcome = judgeEntry(entry, isInTwoApps, court);
    outcomes.set(entry, outcome);
    return outcome;
  };
  const recordOf = (name: string, use: Identity['use']): KeyRecord | undefined => {
    const known = records[use].get(name);
    if (known !== undefined) return known;
    const found = index.entriesOf(name);
    // Names that are not listed are not remembered: callers choose them.
    if (found.length === 0) return undefined;
    const record = recordFor(name, use, found, judge);
    records[use].set(name, record);
    return record;
  };

  const listed = countListed(roles);
  const waiting = each(roles);
  let left = listed.entries;
  return {
    index,
    listed,
    findKey: (name, now) => match(recordOf(name, 'request'), now),
    findAttester: (name, now) => match(recordOf(name, 'attest'), now),
    isListed: (name) => index.entriesOf(name).length > 0,
    whose: (name) => index.entriesOf(name).toSorted(newestFirst)[0]?.custom ?? null,
    judgeSome: (most) => {
      for (let i = 0; i < most; i += 1) {
        const { done, value } = waiting.next();
        if (done === true) break;
        judge(value);
        left -= 1;
      }
      return left;
    },
    judgeOnly: (paths) => {
      const entries = [...each(roles)].filter(({ path }) => paths.has(path));
      return sorted(entries.map((entry) => [entry, judge(entry)]));
    },
    judged: () => sorted(outcomes),
  };
}

function* each(roles: ReadonlyMap<string, PartnerEntries>): Generator<UnverifiedEntry, void> {
  for (const { entries } of roles.values()) yield* entries;
}

function countListed(roles: ReadonlyMap<string, PartnerEntries>): EntryTable['listed'] {
  const partners = new Set<string | undefined>();
  let entries = 0;
  for (const [role, content] of roles) {
    entries += content.entries.length;
    if (content.entries.length > 0) partners.add(partnerRolePattern.exec(role)?.[1]);
  }
  return { entries, partners: partners.size };
}

function sorted(outcomes: Iterable<readonly [UnverifiedEntry, Approved | Refused]>): Judged {
  const judged: { entries: Entry[]; refused: RefusedTarget[] } = { entries: [], refused: [] };
  for (const [{ path }, outcome] of outcomes) {
    if (outcome instanceof Refused) judged.refused.push({ path, reason: outcome });
    else judged.entries.push(outcome.entry);
  }
  return judged;
}

/** Whether these entries are of two apps, revoked ones aside. Who shares a key could pass one app off as the other. */
export function areOfTwoApps(entries: readonly UnverifiedEntry[], court: Court): boolean {
  return countApps(entries) > 1 && countApps(entries.filter((entry) => !isRevoked(entry, court))) > 1;
}

function countApps(entries: readonly UnverifiedEntry[]): number {
  return new Set(entries.map(({ custom }) => `${custom.partner.id}/${custom.app.id}`)).size;
}

function isRevoked(entry: UnverifiedEntry, court: Court): boolean {
  const outcome = attempt(() => {
    const statement = statementOfEntry(entry, court);
    requireNotRevoked(statement, statementDigest(statement), court.revocations);
  });
  return outcome?.code === 'revoked';
}

function judgeEntry(
  entry: UnverifiedEntry,
  isInTwoApps: (thumbprint: string) => boolean,
  court: Court,
): Approved | Refused {
  return attempt(() => {
    if (entry.thumbprints.some(isInTwoApps)) throw new Refused('key_in_two_apps');
    const { role, path, length, digest, custom } = entry;
    const { digest: statement, people } = judgeStatement(
      statementOfEntry(entry, court),
      entry.approvals,
      court,
    );
    const keys = custom.identities.map(({ key }) => importP256(key));
    return { entry: { role, path, artifact: { digest, length }, custom, statement, people }, keys };
  });
}

function recordFor(
  name: string,
  use: Identity['use'],
  entries: readonly UnverifiedEntry[],
  judge: (entry: UnverifiedEntry) => Approved | Refused,
): KeyRecord {
  const usedFor = (entry: UnverifiedEntry): Identity['use'] | undefined =>
    entry.custom.identities[entry.thumbprints.indexOf(name)]?.use;
  // A key that signs requests may lie inside an app: who extracts it there must not be able to vouch for copies elsewhere.
  if (use === 'attest' && entries.some((entry) => usedFor(entry) === 'request'))
    return { uses: [], refused: new Refused('attestation_issuer') };
  const sorted = entries.toSorted(newestFirst);
  const uses: Use[] = [];
  let refused: Refused | undefined;
  for (const unverified of sorted) {
    const index = unverified.thumbprints.indexOf(name);
    const identity = unverified.custom.identities[index];
    // A key that vouches for copies signs no requests itself.
    if (identity?.use !== use) continue;
    const outcome = judge(unverified);
    if (outcome instanceof Refused) {
      refused ??= outcome;
    } else {
      const { validFrom, expires } = unverified.custom;
      const key = outcome.keys[index] as PublicKey;
      uses.push({
        // A host keeps names of those whom it has served for longer than a bundle.
        entry: { ...outcome.entry, custom: detached(outcome.entry.custom) },
        identity,
        key,
        from: secondsOf(validFrom),
        until: secondsOf(expires),
      });
    }
  }
  return { uses, refused };
}

function match(record: KeyRecord | undefined, now: number): KeyMatch {
  if (record === undefined) throw new Refused('app_not_approved');
  const { latest } = record;
  if (latest !== undefined && latest.from <= now && now < latest.until) return latest.match;
  const live = record.uses.filter(({ from, until }) => from <= now && now < until);
  const newest = live[0];
  if (newest !== undefined) {
    const { entry, identity, key } = newest;
    const match = { entry, entries: live.map((use) => use.entry), identity, key };
    const turns = record.uses.flatMap((use) => [use.from, use.until]);
    const from = Math.max(...turns.filter((turn) => turn <= now));
    record.latest = { from, until: Math.min(...turns.filter((turn) => turn > now)), match };
    return match;
  }
  const waiting = record.uses.find(({ from }) => now < from);
  if (waiting !== undefined) {
    throw new Refused('not_yet_valid', `Its approval begins at ${waiting.entry.custom.validFrom}.`);
  }
  const ended = record.uses[0];
  if (ended !== undefined)
    throw new Refused('entry_expired', `Its approval ended at ${ended.entry.custom.expires}.`);
  const { refused } = record;
  // Whoever catches it may have it tell more, and the record keeps its own.
  throw refused === undefined
    ? new Refused('app_not_approved')
    : new Refused(refused.code, refused.seen, refused.members);
}
