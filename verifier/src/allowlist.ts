import type { PublicKey } from './crypto.ts';
import type { EntryCustom, Environment, GrantCustom, Identity } from './custom.ts';

// What the check of a request asks about: the seam between the metadata and the request proof.

/** An entry of the allowlist whose approvals have been judged. */
export type Entry = {
  readonly role: string;
  readonly path: string;
  /** The artifact's SHA-256, and its size in bytes. */
  readonly artifact: { readonly digest: string; readonly length: number };
  readonly custom: EntryCustom;
  /** The statement's digest (SPEC §3.1). */
  readonly statement: string;
  /** Ids of the people whose approvals count. */
  readonly people: readonly string[];
};

/** A grant whose approvals have been judged and which is in force. */
export type Grant = {
  readonly path: string;
  readonly custom: GrantCustom;
  readonly statement: string;
  readonly people: readonly string[];
};

/** How fresh the allowlist is (SPEC §8). Times and durations in whole seconds. */
export type Freshness = {
  readonly kind: 'fresh' | 'stale';
  readonly signedAt: number;
  readonly age: number;
  readonly freshUntil: number;
  /** From then on every check is refused. */
  readonly expires: number;
};

/** What a key may do here. */
export type KeyMatch = {
  /** The newest live entry of the key (by `issued`, then by path). */
  readonly entry: Entry;
  /** All live entries of the key: of one app; several builds may share a key. */
  readonly entries: readonly Entry[];
  /** The matching identity of `entry`; where its `use` is `attest`, that of whoever vouches. */
  readonly identity: Identity;
  /** The identity's key, imported once and kept as long as the allowlist; for an attested request, the attested key. */
  readonly key: PublicKey;
};

export type Versions = {
  readonly root: number;
  readonly targets: number;
  readonly snapshot: number;
  readonly timestamp: number;
};

export type Allowlist = {
  readonly environment: Environment;
  readonly registry: string;
  readonly deployment: string;
  readonly customer: { readonly id: string; readonly name: string };
  readonly versions: Versions;
  /** Seconds since 1970. */
  readonly signedAt: number;
  /** The signed time of the bundle with which the floor began (seconds): nothing older is known here. */
  readonly floorSince: number;

  /** Fresh or stale. Throws `allowlist_expired`, `license_expired` (also before the licence begins). `now` in seconds. */
  readonly judgeNow: (now: number) => Freshness;

  /**
   * Who signs with the key of this thumbprint, `use: request`. The first call for an entry verifies its approvals.
   * Throws `app_not_approved`, `key_in_two_apps`, `revoked`, `not_licensed_here`, `approvals_missing`, `not_yet_valid`,
   * `entry_expired`, `statement_from_future`, `statement_too_long_valid`, `statement_misplaced`, `key_malformed`: of several
   * entries, the reason of the one that comes nearest. `now` in seconds.
   */
  readonly findKey: (thumbprint: string, now: number) => KeyMatch;

  /**
   * Who vouches with the key of this thumbprint, `use: attest`. Throws as `findKey` does, and `attestation_issuer` for a key that some
   * entry, approved or not, names for requests. `now` in seconds.
   */
  readonly findAttester: (thumbprint: string, now: number) => KeyMatch;

  /** Whether any entry of the bundle, approved or not, names the key of this thumbprint, for whatever use. */
  readonly isListed: (thumbprint: string) => boolean;

  /** Whether an `identity` revocation names the key of this thumbprint, through whatever time. */
  readonly isKeyRevoked: (thumbprint: string) => boolean;

  /** The roster's ceiling for the lifetime of attestations, in seconds. */
  readonly longestAttestation: number;

  /** The monitor grant in force at `now` (seconds) for this deployment, or null. */
  readonly monitor: (now: number) => Grant | null;

  /** The break-glass grant in force at `now` (seconds) for this deployment, or null. */
  readonly breakGlass: (now: number) => Grant | null;
};
