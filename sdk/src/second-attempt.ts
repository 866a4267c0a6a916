import type { Refusal } from './refusal.ts';

/** How a proof says when it was made: by a clock that runs `offset` seconds beside ours, or under the server's challenge. */
export interface Timing {
  readonly created: number;
  readonly challenge: string | null;
  /** What to add to our clock from now on, in seconds; null leaves it as it is. */
  readonly offset: number | null;
}

/** No server may move a proof further from our own clock than this, in seconds. */
const maxShift = 600;

/**
 * How to sign once more after a refusal that is about time only, or null when signing again cannot help. `now` is our own
 * clock, in seconds. A hint that lies more than ten minutes from it is not followed: a server could otherwise have proofs
 * made for a time of its choice. A challenge needs no clock.
 */
export function secondAttempt(refusal: Refusal, now: number): Timing | null {
  const { serverTime, createdAfter, challenge } = refusal;
  const near = (time: number | null): time is number => time !== null && Math.abs(time - now) <= maxShift;
  switch (refusal.code) {
    case 'proof_stale':
    case 'proof_from_future': {
      const offset = near(serverTime) ? serverTime - now : null;
      if (offset === null && challenge === null) return null;
      return { created: now + (offset ?? 0), challenge, offset };
    }
    case 'proof_before_start': {
      const after = near(createdAfter) ? createdAfter + 1 : null;
      if (after === null && challenge === null) return null;
      return { created: after ?? now, challenge, offset: null };
    }
    default:
      return null;
  }
}
