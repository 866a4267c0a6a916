import { sha256 } from '../crypto.ts';
import { Refused } from '../refused.ts';
import { challengeAnswered, makeChallenge } from './challenge-token.ts';

/** Judges when a proof was made (SPEC §10.5, §10.8). One for each process. */
export type Window = {
  /**
   * Passes a proof that was made in the window around `now` (whole seconds), or that answers one of our challenges, and says
   * until when its nonce has to be remembered. Throws `proof_stale`, `proof_from_future`, `proof_before_start`.
   */
  readonly judge: (
    proof: { readonly created: number; readonly expires: number | null; readonly nonce: string },
    now: number,
  ) => { readonly rememberUntil: number };
  /**
   * Begins the window anew, because nonces may have been forgotten by those with whom we share them, who had judged by clocks that may be
   * so much ahead of `now` (whole seconds).
   */
  readonly beginAnew: (now: number, ahead: number) => void;
  /** The latest second by which a proof was judged: the lower end hangs on it, and nonces that ended before it may be forgotten. */
  readonly latest: () => number;
};

const past = 60;
const future = 30;
/** A clock that is set back by more than this was wrong before: what was forgotten under it must not come again. */
const correction = 300;

/**
 * Opens the window. `startedAt` (whole seconds) is when this process began to check without knowing which nonces were used
 * before; null when there were none, or when their table was kept: `latest` is then the second at which it was saved, else 0.
 * `key` is 32 random bytes of this process.
 */
export function openWindow(from: { startedAt: number | null; latest: number; key: Uint8Array }): Window {
  const { startedAt } = from;
  let { latest, key } = from;
  let createdAfter = startedAt === null ? Number.NEGATIVE_INFINITY : startedAt + future;
  let made: { readonly second: number; readonly key: Uint8Array; readonly challenge: string } | undefined;

  const beginAnew = (now: number, ahead: number): void => {
    createdAfter = Math.max(createdAfter, now + future + ahead);
    // Challenges of before would pass that barrier, with nonces that were forgotten.
    key = sha256(key);
  };
  /** Made once a second, because whoever sends stale proofs as fast as he can has one with every refusal. */
  const challenge = (): string => {
    if (made?.second !== latest || made.key !== key)
      made = { second: latest, key, challenge: makeChallenge(latest, key) };
    return made.challenge;
  };

  return {
    latest: () => latest,
    beginAnew,
    judge({ created, expires, nonce }, now) {
      // Nonces are forgotten by the latest time that was ever seen, so proofs are judged by it, too: a clock that goes back
      // a little makes them stale early. After a correction the window starts anew, as after a restart.
      if (now < latest - correction) {
        beginAnew(now, 0);
        latest = now;
      }
      latest = Math.max(latest, now);

      if (expires !== null && expires <= now) {
        throw outside('proof_stale', `It expired ${String(now - expires)} s ago.`);
      }
      // An answer is good for as long as its challenge, here and elsewhere: else it would come again when the time that it claims has
      // come, long after its nonce was forgotten. A challenge of another node is no reason to take it, but it may be in the window.
      const answered = challengeAnswered(nonce, key);
      const challengedAt = answered?.at ?? created;
      if (answered?.isOurs === true && challengedAt <= latest && challengedAt >= latest - past) {
        return { rememberUntil: challengedAt + past };
      }
      if (answered !== undefined && (challengedAt < latest - past || challengedAt > now + future))
        throw outside('proof_stale', 'It answers a challenge that is over, or that nobody gave.');
      if (created < latest - past)
        throw outside('proof_stale', `It was created ${String(now - created)} s ago.`);
      if (created > now + future)
        throw outside('proof_from_future', `It was created ${String(created - now)} s from now.`);
      if (created <= createdAfter) throw outside('proof_before_start', '', { createdAfter });
      return { rememberUntil: Math.max(created, challengedAt) + past };

      function outside(
        code: 'proof_stale' | 'proof_from_future' | 'proof_before_start',
        seen: string,
        members: { readonly createdAfter?: number } = {},
      ): Refused {
        return new Refused(code, seen, { ...members, challenge: challenge() });
      }
    },
  };
}
