import type { Versions } from '../../allowlist.ts';
import type { Anchor } from '../../anchor.ts';
import { canonicalText } from '../../canonical.ts';
import { importP256, sha256HexOfText, type PublicKey } from '../../crypto.ts';
import type { EntryCustom, Identity } from '../../custom.ts';
import { judgeStatement, revocationsOf, type Court } from '../../judge-statement.ts';
import { areOfTwoApps } from '../../entry-table.ts';
import type { KeyIndex } from '../../key-index.ts';
import { attempt } from '../../attempt.ts';
import { openBundle, type OpenedBundle } from '../../open-bundle.ts';
import { statementOfEntry, type UnverifiedEntry } from '../../partner-entries.ts';
import { Refused } from '../../refused.ts';
import { subjectName, type RevocationIndex } from '../../revocation.ts';
import { rememberSigners } from '../../signers-memo.ts';
import { statementDigest } from '../../statement.ts';
import { secondsOf } from '../../time.ts';
import { policyIn } from '../signed-files.ts';

/** What receipts are verified with: one bundle, verified whole. Times in seconds since 1970. */
export type MetadataAtHand = {
  readonly registry: string;
  readonly versions: Versions;
  readonly signedAt: number;
  readonly wall: number;
  /** The deployments whose receipts can be verified, and their licensed origins. */
  readonly deployments: ReadonlyMap<string, readonly string[]>;
  /** The roster's ceiling for the lifetime of attestations, in seconds. */
  readonly longestAttestation: number;
  /** What a statement says of a key that it names. */
  readonly find: (thumbprint: string, use: Identity['use'], statement: string) => FoundStatement;
  /** Whether any entry here names the key, for whatever use. */
  readonly isListed: (thumbprint: string) => boolean;
  /** Until when a revocation of this key, as that of a copy, reaches; null without one. */
  readonly keyRevokedThrough: (thumbprint: string) => number | null;
};

/** A statement that this metadata holds and approves, but for dates and revocations; or why it does not. */
export type FoundStatement =
  | {
      readonly kind: 'found';
      readonly custom: EntryCustom;
      readonly key: PublicKey;
      readonly from: number;
      readonly until: number;
      /** Until when the revocations that cover it now reach, the shortest of them; null where none does. */
      readonly revokedThrough: number | null;
    }
  | { readonly kind: 'missing'; readonly why: Refused; readonly key: PublicKey | null };

/** Opens a bundle as what the vendor signed, at no place and no time. Throws what opening it throws. */
export function openMetadata(bytes: Uint8Array, anchor: Anchor): MetadataAtHand {
  // Nothing is older than the beginning of time, so that freshness is not asked for.
  const atNoTime = { held: null, floor: null, now: 0, systemClock: 0, purpose: 'replay' } as const;
  const opened = openBundle(bytes, { ...atNoTime, anchor, deployment: null });
  return metadataOf(bytes, opened, anchor, opened.license.custom.deployments);
}

/** What is open already, for these deployments. `bytes` are those of the bundle. */
export function metadataOf(
  bytes: Uint8Array,
  opened: OpenedBundle,
  { registry, environment }: Anchor,
  deployments: OpenedBundle['license']['custom']['deployments'],
): MetadataAtHand {
  const policy = policyIn(bytes, environment);
  if (policy === null) throw new TypeError('What is open has targets.');
  const { roster, ceilings } = policy;
  const revocations = opened.nextFloor.revocations;
  // Revocations are judged apart: what counts is when the receipt was made.
  const court: Court = {
    registry,
    environment,
    customer: opened.customer.id,
    roster,
    rosterDigest: sha256HexOfText(canonicalText(roster)),
    ceilings,
    revocations: new Map(),
    signedAt: opened.signedAt,
    memo: rememberSigners(),
  };
  const find = findingIn(opened.entries.index, court, revocations);
  return {
    registry,
    versions: opened.versions,
    signedAt: opened.signedAt,
    wall: opened.wall,
    deployments: new Map(deployments.map(({ id, origins }) => [id, origins])),
    longestAttestation: ceilings.attestation,
    isListed: opened.entries.isListed,
    keyRevokedThrough: (thumbprint) => {
      const revocation = revocations.get(subjectName({ kind: 'identity', thumbprint }));
      return revocation === undefined ? null : secondsOf(revocation.through);
    },
    find,
  };
}

/** What the entries of one key and one use say: by the digests of their statements, each judged when it is first asked for. */
type OfKey = {
  readonly key: PublicKey | Refused;
  readonly entries: ReadonlyMap<string, UnverifiedEntry>;
  readonly found: Map<string, FoundStatement>;
};

/** Finds statements; keeps what it found of keys that are listed, and nothing of others, which come from strangers. */
function findingIn(index: KeyIndex, court: Court, revocations: RevocationIndex): MetadataAtHand['find'] {
  const keys = new Map<string, OfKey>();
  const ofKey = (thumbprint: string, use: Identity['use']): OfKey | undefined => {
    const name = `${use} ${thumbprint}`;
    const known = keys.get(name);
    if (known !== undefined) return known;
    const made = collect(thumbprint, use, index, court);
    if (made !== undefined) keys.set(name, made);
    return made;
  };
  return (thumbprint, use, digest) => {
    const of = ofKey(thumbprint, use);
    if (of === undefined) return notListed;
    if (of.key instanceof Refused) return { kind: 'missing', why: of.key, key: null };
    const known = of.found.get(digest);
    if (known !== undefined) return known;
    const entry = of.entries.get(digest);
    if (entry === undefined) return { kind: 'missing', why: otherStatements, key: of.key };
    const isShared = entry.thumbprints.some((name) =>
      areOfTwoApps(index.entriesOf(name), { ...court, revocations }),
    );
    const found = isShared
      ? ({ kind: 'missing', why: new Refused('key_in_two_apps'), key: of.key } as const)
      : judgeEntry(entry, of.key, court, revocations);
    of.found.set(digest, found);
    return found;
  };
}

const notListed: FoundStatement = {
  kind: 'missing',
  why: new Refused('app_not_approved', 'Its key stands in no entry here.'),
  key: null,
};
const otherStatements = new Refused(
  'app_not_approved',
  'Its key stands here in other statements than the one that it names.',
);

function collect(thumbprint: string, use: Identity['use'], index: KeyIndex, court: Court): OfKey | undefined {
  let key: PublicKey | Refused | undefined;
  const entries = new Map<string, UnverifiedEntry>();
  for (const entry of index.entriesOf(thumbprint)) {
    const identity = entry.custom.identities[entry.thumbprints.indexOf(thumbprint)];
    if (identity?.use !== use) {
      // A key that signs requests must not be able to vouch, too (SPEC §10.11, 4).
      if (use === 'attest') key = new Refused('attestation_issuer');
      continue;
    }
    key ??= attempt(() => importP256(identity.key));
    const digest = attempt(() => statementDigest(statementOfEntry(entry, court)));
    if (!(digest instanceof Refused)) entries.set(digest, entry);
  }
  return key === undefined ? undefined : { key, entries, found: new Map() };
}

/** Approved by the metadata at hand, whatever the day; and what revokes it. */
function judgeEntry(
  entry: UnverifiedEntry,
  key: PublicKey,
  court: Court,
  revocations: RevocationIndex,
): FoundStatement {
  const { custom } = entry;
  const statement = statementOfEntry(entry, court);
  const judged = attempt(() => judgeStatement(statement, entry.approvals, court));
  if (judged instanceof Refused) return { kind: 'missing', why: judged, key };
  const through = revocationsOf(statement, judged.digest, revocations).map((each) => secondsOf(each.through));
  return {
    kind: 'found',
    custom,
    key,
    from: secondsOf(custom.validFrom),
    until: secondsOf(custom.expires),
    revokedThrough: through.length === 0 ? null : Math.min(...through),
  };
}
