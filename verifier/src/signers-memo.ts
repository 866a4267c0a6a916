import type { Signers } from './approval.ts';
import { detached } from './detached.ts';
import { forgetFirst } from './forget-first.ts';

/**
 * Which people validly signed what: kept in memory between loads, so that a reload verifies only new signatures. Nothing but that
 * is remembered (SPEC §4.4): thresholds, retirement, place, customers, dates and revocations are judged again every time.
 */
export type SignersMemo = {
  readonly recall: (digests: SignedDigests) => Signers | undefined;
  readonly keep: (digests: SignedDigests, signers: Signers) => void;
};

/** Digests of the canonical forms of all that a signature's verdict rests on. */
export type SignedDigests = {
  readonly statement: string;
  readonly approvals: string;
  readonly roster: string;
};

/** A memo of at most `most` statements; the oldest is forgotten first. */
export function rememberSigners(most = 50_000): SignersMemo {
  const known = new Map<string, readonly string[]>();
  const nameOf = ({ statement, approvals, roster }: SignedDigests): string =>
    `${statement}.${approvals}.${roster}`;
  return {
    recall: (digests) => {
      const signed = known.get(nameOf(digests));
      return signed === undefined ? undefined : { signed, refused: [] };
    },
    keep: (digests, signers) => {
      // With a refused approval among them, the reasons would be lost.
      if (signers.refused.length > 0) return;
      known.set(nameOf(digests), detached(signers.signed));
      forgetFirst(known, most);
    },
  };
}
