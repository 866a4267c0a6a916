import type { Entry, KeyMatch } from './allowlist.ts';
import { importP256, type PublicKey } from './crypto.ts';
import { judgeStatement, requireNotRevoked, type Court } from './judge-statement.ts';
import { statementOfEntry, type RefusedTarget, type UnverifiedEntry } from './partner-entries.ts';
import { Refused } from './refused.ts';
import type { Identity } from './custom.ts';
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
  /** Judges up to `most` entries that were not asked for in this way yet; returns how many are left. */
  readonly judgeSome: (most: number) => number;
  /** All that was judged so far. Dates are not: they are judged at every check. */
  readonly judged: () => Judged;
  /** How many entries there are, judged or not, and of how many partners. */
  readonly listed: { readonly entries: number; readonly partners: number };
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
type KeyRecord = { readonly uses: readonly Use[]; readonly refused: Refused | undefined };

/**
 * Makes the table of entries that have only been read. Keys that stand under two apps are found here (SPEC §4.5), when the table is
 * first asked.
 */
export function tableOf(entries: readonly UnverifiedEntry[], court: Court): EntryTable {
  let made: { readonly byKey: ByKey; readonly inTwoApps: ReadonlySet<string> } | undefined;
  const index = () => {
    if (made !== undefined) return made;
    const byKey = groupByKey(entries);
    return (made = { byKey, inTwoApps: keysInTwoApps(byKey, court) });
  };
  const outcomes = new Map<UnverifiedEntry, Approved | Refused>();
  const records = { request: new Map<string, KeyRecord>(), attest: new Map<string, KeyRecord>() };

  const judge = (entry: UnverifiedEntry): Approved | Refused => {
    const known = outcomes.get(entry);
    if (known !== undefined) return known;
    const outcome = judgeEntry(entry, index().inTwoApps, court);
    outcomes.set(entry, outcome);
    return outcome;
  };
  const recordOf = (name: string, use: Identity['use']): KeyRecord | undefined => {
    const known = records[use].get(name);
    if (known !== undefined) return known;
    const found = index().byKey.get(name);
    // Names that are not listed are not remembered: callers choose them.
    if (found === undefined) return undefined;
    const record = recordFor(name, use, Array.isArray(found) ? found : [found], judge);
    records[use].set(name, record);
    return record;
  };

  let next = 0;
  return {
    findKey: (name, now) => match(recordOf(name, 'request'), now),
    findAttester: (name, now) => match(recordOf(name, 'attest'), now),
    isListed: (name) => index().byKey.has(name),
    judgeSome: (most) => {
      const end = Math.min(entries.length, next + most);
      for (; next < end; next += 1) judge(entries[next] as UnverifiedEntry);
      return entries.length - next;
    },
    judged: () => {
      const judged: { entries: Entry[]; refused: RefusedTarget[] } = { entries: [], refused: [] };
      for (const [{ path }, outcome] of outcomes) {
        if (outcome instanceof Refused) judged.refused.push({ path, reason: outcome });
        else judged.entries.push(outcome.entry);
      }
      return judged;
    },
    get listed() {
      return {
        entries: entries.length,
        partners: new Set(entries.map(({ custom }) => custom.partner.id)).size,
      };
    },
  };
}

type ByKey = ReadonlyMap<string, UnverifiedEntry | UnverifiedEntry[]>;

function groupByKey(entries: readonly UnverifiedEntry[]): ByKey {
  const byKey = new Map<string, UnverifiedEntry | UnverifiedEntry[]>();
  for (const entry of entries) {
    for (const name of entry.thumbprints) {
      const known = byKey.get(name);
      // Nearly every key has one entry; a list for each would double what the table weighs.
      if (known === undefined) byKey.set(name, entry);
      else if (Array.isArray(known)) known.push(entry);
      else byKey.set(name, [known, entry]);
    }
  }
  return byKey;
}

/** Keys that entries of two apps name, revoked entries aside. Who shares a key could pass one app off as the other. */
function keysInTwoApps(byKey: ByKey, court: Court): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [name, entries] of byKey) {
    if (!Array.isArray(entries) || countApps(entries) < 2) continue;
    if (countApps(entries.filter((entry) => !isRevoked(entry, court))) > 1) found.add(name);
  }
  return found;
}

function countApps(entries: readonly UnverifiedEntry[]): number {
  return new Set(entries.map(({ custom }) => `${custom.partner.id}/${custom.app.id}`)).size;
}

function isRevoked(entry: UnverifiedEntry, court: Court): boolean {
  try {
    const statement = statementOfEntry(entry, court);
    requireNotRevoked(statement, statementDigest(statement), court.revocations);
    return false;
  } catch (error) {
    if (error instanceof Refused) return error.code === 'revoked';
    throw error;
  }
}

function judgeEntry(
  entry: UnverifiedEntry,
  inTwoApps: ReadonlySet<string>,
  court: Court,
): Approved | Refused {
  try {
    if (entry.thumbprints.some((name) => inTwoApps.has(name))) throw new Refused('key_in_two_apps');
    const { role, path, length, digest, custom } = entry;
    const { digest: statement, people } = judgeStatement(
      statementOfEntry(entry, court),
      entry.approvals,
      court,
    );
    const keys = custom.identities.map(({ key }) => importP256(key));
    return { entry: { role, path, artifact: { digest, length }, custom, statement, people }, keys };
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
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
  const newestFirst = entries.toSorted(
    (a, b) => compareTexts(b.custom.issued, a.custom.issued) || compareTexts(a.path, b.path),
  );
  const uses: Use[] = [];
  let refused: Refused | undefined;
  for (const unverified of newestFirst) {
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
        entry: outcome.entry,
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
  const live = record.uses.filter(({ from, until }) => from <= now && now < until);
  const newest = live[0];
  if (newest !== undefined) {
    const { entry, identity, key } = newest;
    return { entry, entries: live.map((use) => use.entry), identity, key };
  }
  const waiting = record.uses.find(({ from }) => now < from);
  if (waiting !== undefined) {
    throw new Refused('not_yet_valid', `Its approval begins at ${waiting.entry.custom.validFrom}.`);
  }
  const ended = record.uses[0];
  if (ended !== undefined)
    throw new Refused('entry_expired', `Its approval ended at ${ended.entry.custom.expires}.`);
  throw record.refused ?? new Refused('app_not_approved');
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
