import type { Versions } from '../../allowlist.ts';
import type { Anchor } from '../../anchor.ts';
import { canonicalText } from '../../canonical.ts';
import { importP256, sha256HexOfText, type PublicKey } from '../../crypto.ts';
import type { EntryCustom, Identity } from '../../custom.ts';
import { judgeStatement, revocationsOf, type Court } from '../../judge-statement.ts';
import { attempt } from '../../look-at-state.ts';
import { openBundle, type OpenedBundle } from '../../open-bundle.ts';
import { statementOfEntry } from '../../partner-entries.ts';
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

/** How many statements are kept at most: those of the keys that the receipts of a site name are few. */
const mostKept = 100_000;

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
  const { index } = opened.entries;
  const kept = new Map<string, FoundStatement>();
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
    find(thumbprint, use, statement) {
      const name = `${use} ${thumbprint} ${statement}`;
      const known = kept.get(name);
      if (known !== undefined) return known;
      const found = findStatement(thumbprint, use, statement, { index, court, revocations });
      if (kept.size < mostKept) kept.set(name, found);
      return found;
    },
  };
}

type Where = {
  readonly index: OpenedBundle['entries']['index'];
  readonly court: Court;
  readonly revocations: RevocationIndex;
};

function findStatement(
  thumbprint: string,
  use: Identity['use'],
  digest: string,
  { index, court, revocations }: Where,
): FoundStatement {
  const missing = (why: Refused, key: PublicKey | null = null): FoundStatement => ({
    kind: 'missing',
    why,
    key,
  });
  let someKey: PublicKey | null = null;
  for (const entry of index.entriesOf(thumbprint)) {
    const identity = entry.custom.identities[entry.thumbprints.indexOf(thumbprint)];
    if (identity?.use !== use) continue;
    const key = attempt(() => importP256(identity.key));
    if (key instanceof Refused) return missing(key);
    someKey = key;
    const statement = statementOfEntry(entry, court);
    if (statementDigest(statement) !== digest) continue;
    const judged = attempt(() => judgeStatement(statement, entry.approvals, court));
    if (judged instanceof Refused) return missing(judged, key);
    const { custom } = entry;
    const through = revocationsOf(statement, digest, revocations).map((each) => secondsOf(each.through));
    return {
      kind: 'found',
      custom,
      key,
      from: secondsOf(custom.validFrom),
      until: secondsOf(custom.expires),
      revokedThrough: through.length === 0 ? null : Math.min(...through),
    };
  }
  const why =
    someKey === null
      ? new Refused('app_not_approved', 'Its key stands in no entry here.')
      : new Refused(
          'app_not_approved',
          'Its key stands here in other statements than the one that it names.',
        );
  return missing(why, someKey);
}
