import { Refused } from '../refused.ts';
import type { GrantedAdmission } from './admission.ts';
import type { PendingAdmission } from './checker.ts';
import { hasBody } from './coverage.ts';
import { requireContentDigest } from './digest-fields.ts';
import type { Judged, Moment, RequestJudge, Turn } from './request-judge.ts';

/** What came of a head: judged, with what gives its nonce back where the body is refused; or let pass by a grant in spite of an error. */
export type HeadVerdict =
  | {
      readonly kind: 'judged';
      readonly judged: Judged;
      readonly moment: Moment;
      readonly giveBack: () => void;
    }
  | { readonly kind: 'granted'; readonly admission: GrantedAdmission; readonly error: unknown };

/** A head that has passed, waiting for its body. */
export function pendingOf(
  judge: RequestJudge,
  verdict: HeadVerdict,
  { deployment }: { readonly deployment: string },
): PendingAdmission {
  let finished = false;
  let wasShown = false;
  return {
    hasBody: verdict.kind === 'judged' && hasBody(verdict.judged.head),
    proved() {
      wasShown = true;
      if (verdict.kind === 'granted') return verdict.admission;
      const { receipt, ...app } = judge.admit(verdict.judged, verdict.moment);
      return { ...app, deployment, keyid: receipt.keyid };
    },
    finish(digest) {
      if (finished) throw new Refused('replayed', 'An admission can be finished once.');
      finished = true;
      const turn: Turn = { moment: undefined };
      try {
        const moment = judge.begin(turn);
        // The grant that has let the head pass may have ended, or been revoked.
        if (verdict.kind === 'granted') throw verdict.error;
        const { judged } = verdict;
        requireContentDigest(judged.bodyDigest, digest);
        return judge.admit(judge.judgeAgain(judged, moment, 'signer only'), moment);
      } catch (error) {
        return orGiveBack(() => judge.orByGrant(turn, error));
      }
    },
  };

  /** A nonce is used up by an admission, or by a handler that has begun. Until the body was there it kept a second copy out. */
  function orGiveBack(admit: () => GrantedAdmission): GrantedAdmission {
    try {
      return admit();
    } catch (error) {
      if (verdict.kind === 'judged' && !wasShown) verdict.giveBack();
      throw error;
    }
  }
}
