import { sha256Base64url } from '../crypto.ts';
import { Refused } from '../refused.ts';
import { clocksApart, type ClaimAnswer, type ReplayStore } from './replay-store.ts';

/** A proof whose nonce is to be used up for all who share a store. Times in whole seconds. */
type Claim = {
  readonly deployment: string;
  readonly keyid: string;
  readonly nonce: string;
  /** Through which second somebody with this clock would take the proof. */
  readonly rememberUntil: number;
  readonly now: number;
};

/** Asks for all, and gives a refusal where the store cannot tell. Never rejects. */
export type AskStore = (claim: Claim) => Promise<ClaimAnswer | Refused>;

/** How long a store may take, in milliseconds. */
const longest = 1000;

/**
 * Makes the asker of a store. One that rejects, throws, says something else or takes more than a second cannot tell; what it answers
 * later means nothing, and what it has taken by then is used up. `log` hears when that begins and when it is over: callers of the API are
 * not told what is wrong inside.
 */
export function askerOf(store: ReplayStore, log: (line: string) => void): AskStore {
  let isFailing = false;
  return (claim) =>
    new Promise((resolve) => {
      let isSettled = false;
      const settle = (answer: ClaimAnswer | Refused, why?: string): void => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        tellChange(why);
        resolve(answer);
      };
      const fail = (why: string): void => settle(new Refused('replay_store_unavailable'), why);
      const timer = setTimeout(fail, longest, `It has not answered for ${String(longest / 1000)} s.`);
      const failWith = (error: unknown): void => fail(saying(error));
      try {
        store.claim(idOf(claim), secondsOf(claim), claim.now).then((answer: unknown) => {
          if (answer === 'first' || answer === 'used' || answer === 'forgotten') settle(answer);
          else fail('It gave no answer that means anything.');
        }, failWith);
      } catch (error) {
        failWith(error);
      }
    });

  function tellChange(why: string | undefined): void {
    if (isFailing === (why !== undefined)) return;
    isFailing = why !== undefined;
    log(
      why === undefined
        ? 'The replay store answers again.'
        : `Requests are refused (replay_store_unavailable): the replay store cannot tell what was used. ${why}`,
    );
  }
}

/** By which a store knows a proof. Nobody learns a nonce from it. Neither keyid nor nonce contains a slash. */
function idOf({ deployment, keyid, nonce }: Claim): string {
  return sha256Base64url(`appwarrant/replay/1 ${deployment}/${keyid}/${nonce}`);
}

/** The last second is a whole one, and the clock of another node may be behind this one. */
function secondsOf({ rememberUntil, now }: Claim): number {
  return rememberUntil - now + 1 + clocksApart;
}

/** An error in one line of an operator's log. */
function saying(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : '').split('\n', 1);
  return line === '' ? 'It failed.' : line.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
