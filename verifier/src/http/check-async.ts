import { clocksApart } from '../replay-store/replay-store.ts';
import { Refused } from '../refused.ts';
import type { Checker, CheckerOptions } from './checker.ts';
import { contentDigest, requireContentDigest } from './digest-fields.ts';
import { pendingOf } from './pending.ts';
import { present } from './presented.ts';
import { requireValid } from './proof-signature.ts';
import type { RequestToCheck } from './request-head.ts';
import type { Judged, Moment, RequestJudge, Turn } from './request-judge.ts';
import { requireSize, requireWholeBody } from './whole-body.ts';

// The check that waits for others (SPEC §10.13): for the thread that verifies, and for the store that remembers. Whoever has waited reads
// the moment anew, and judges again whatever hangs on it: a revocation that was loaded meanwhile counts, and so does the end of a grant.

/** What passed, as of when, and what gives its nonce back. */
type Passed = { readonly judged: Judged; readonly moment: Moment; readonly giveBack: () => void };

export function createAsyncCheck(
  judge: RequestJudge,
  options: CheckerOptions,
): Pick<Checker, 'checkAsync' | 'checkHeadAsync'> {
  const { askStore, deployment } = options;
  return {
    async checkAsync(request) {
      const turn: Turn = { moment: undefined };
      try {
        const { judged, moment } = await pass(request, turn, 'with its body');
        return judge.admit(judged, moment);
      } catch (error) {
        return judge.orByGrant(turn, error);
      }
    },

    async checkHeadAsync(request) {
      const turn: Turn = { moment: undefined };
      try {
        const passed = await pass(request, turn, 'head only');
        return pendingOf(judge, { kind: 'judged', ...passed }, options);
      } catch (error) {
        const admission = judge.orByGrant(turn, error);
        return pendingOf(judge, { kind: 'granted', admission, error }, options);
      }
    },
  };

  /** In the order of SPEC §10.6. */
  async function pass(
    request: RequestToCheck,
    turn: Turn,
    what: 'with its body' | 'head only',
  ): Promise<Passed> {
    const begun = judge.begin(turn);
    if (what === 'with its body') requireSize(request.body);
    const presented = present(request, options);
    const ahead = judge.verifyAttestationAhead(presented, turn);
    if (ahead !== undefined) await ahead;
    const judged = judge.judge(presented, turn.moment ?? begun);
    if (what === 'with its body') requireBody(request, judged);
    const isValid = await judge.isSignedAsync(judged);

    const moment = judge.begin(turn);
    const verified = judge.judgeAgain(judged, moment, 'age too');
    requireValid(verified, isValid);
    // Taken here before anybody else is asked: of two copies that are under way at once, one gets no further.
    const ticket = judge.remember(verified, moment);
    const giveBack = (): void => judge.forget(ticket);
    if (askStore === undefined) return { judged: verified, moment, giveBack };

    const { proof, rememberUntil } = verified;
    const { keyid, nonce } = proof;
    const answer = await askStore({ deployment, keyid, nonce, rememberUntil, now: moment.now });
    // Even where nothing is admitted any more: the store says so once.
    if (answer === 'forgotten') judge.beginAnew(moment.now, clocksApart);
    if (answer instanceof Refused) giveBack();
    const end = judge.begin(turn);
    const judgedAgain = judge.judgeAgain(verified, end, 'age too');
    if (answer instanceof Refused) throw answer;
    if (answer !== 'first') throw new Refused('replayed');
    return { judged: judgedAgain, moment: end, giveBack: () => undefined };
  }
}

function requireBody({ body }: RequestToCheck, judged: Judged): void {
  requireWholeBody(judged.head, body);
  requireContentDigest(judged.bodyDigest, contentDigest(body));
}
