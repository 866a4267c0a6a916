import { Refused } from '../refused.ts';
import { createAsyncCheck } from './check-async.ts';
import type { Checker, CheckerOptions } from './checker.ts';
import { contentDigest, requireContentDigest } from './digest-fields.ts';
import { pendingOf } from './pending.ts';
import { present } from './presented.ts';
import { createRequestJudge, type Turn } from './request-judge.ts';
import { requireSize, requireWholeBody } from './whole-body.ts';

export type { Checker, CheckerOptions, PendingAdmission } from './checker.ts';

/** Makes the checker of one verifier. */
export function createChecker(options: CheckerOptions): Checker {
  const { askStore } = options;
  const judge = createRequestJudge(options);
  return {
    latest: judge.latest,
    ...createAsyncCheck(judge, options),

    check(request) {
      const turn: Turn = { moment: undefined };
      const moment = judge.begin(turn);
      requireNoStore();
      try {
        const { body } = request;
        requireSize(body);
        const judged = judge.judge(present(request, options), moment);
        requireWholeBody(judged.head, body);
        requireContentDigest(judged.bodyDigest, contentDigest(body));
        judge.requireSignature(judged);
        judge.remember(judged, moment);
        return judge.admit(judged, moment);
      } catch (error) {
        return judge.orByGrant(turn, error);
      }
    },

    checkHead(request) {
      const turn: Turn = { moment: undefined };
      const moment = judge.begin(turn);
      requireNoStore();
      try {
        const judged = judge.judge(present(request, options), moment);
        judge.requireSignature(judged);
        const ticket = judge.remember(judged, moment);
        return pendingOf(
          judge,
          { kind: 'judged', judged, moment, giveBack: () => judge.forget(ticket) },
          options,
        );
      } catch (error) {
        const admission = judge.orByGrant(turn, error);
        return pendingOf(judge, { kind: 'granted', admission, error }, options);
      }
    },
  };

  /** Who cannot wait cannot ask a store, and whoever does not ask must not admit: another node may have. */
  function requireNoStore(): void {
    if (askStore === undefined) return;
    const seen = 'This verifier shares what was used with others: ask it with checkAsync.';
    throw new Refused('replay_store_unavailable', seen, { deployment: options.deployment });
  }
}
