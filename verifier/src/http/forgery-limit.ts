import { detached } from '../detached.ts';
import { forgetFirst } from '../forget-first.ts';
import { Refused } from '../refused.ts';
import { networkOf } from './network.ts';

/**
 * Keeps forged proofs from taking more than their share (SPEC §10.12). To see that a signature is forged costs as much as to serve a request,
 * so who sends nothing else gets an answer without that, once too many of his have failed. It only ever refuses.
 *
 * Failures are counted, not requests, and in buckets that fill up again: one for each network that they come from, one for each key in
 * whose name they come, one for all. A key that has signed a request from a network lately has a large one of its own there, and spends from no
 * other: so a flood in its name from elsewhere does not keep it out.
 */
export type ForgeryLimit = {
  /** Before a signature is verified. Throws `too_many_forgeries`, with the member `retryAfter` in seconds. */
  readonly require: (source: Source) => void;
  /** After it: the signature was not that key's, or the request is one that came before. */
  readonly failed: (source: Source) => void;
  /** After it: the key has signed a request that is new. */
  readonly succeeded: (source: Source) => void;
};

/** Whose signature is to be verified, and from which address it came, as far as that is known. */
export type Source = { readonly address: string | undefined; readonly key: string };

/** So many failures at once, and so many a second in the long run. */
type Rate = { readonly burst: number; readonly perSecond: number };

/** How many failed verifications are done for whom, and for how many of them they are counted at a time. */
export const forgeryLimits = {
  network: { burst: 200, perSecond: 100, most: 16_384 },
  key: { burst: 400, perSecond: 200, most: 16_384 },
  all: { burst: 2_000, perSecond: 1_000, most: 1 },
  known: { burst: 2_000, perSecond: 1_000, most: 65_536 },
  /** For how long after its last good signature a key is known at a network, in seconds. */
  knownFor: 3_600,
  /** The longest time for which what came at once is made up for, in seconds. */
  longestDebt: 30,
} as const;

/** How far behind the time of a known key's last good signature may lag, in seconds: it is not written down with each. */
const lag = 60;

/** Makes the limit of one process. `now` gives seconds that only ever rise, whatever is done to the machine's clock. */
export function limitForgeries(now: () => number): ForgeryLimit {
  const [network, key, all] = [
    bucketsOf(forgeryLimits.network),
    bucketsOf(forgeryLimits.key),
    bucketsOf(forgeryLimits.all),
  ];
  const ofKnown = bucketsOf(forgeryLimits.known);
  const known = new Map<string, number>();
  const isKnown = (pair: string, moment: number): boolean =>
    (known.get(pair) ?? -Infinity) + forgeryLimits.knownFor > moment;

  return {
    require({ address, key: name }) {
      const moment = now();
      const from = networkOf(address);
      const pair = pairOf(from, name);
      const wait = isKnown(pair, moment)
        ? ofKnown.wait(pair, moment)
        : Math.max(
            from === null ? 0 : network.wait(from, moment),
            key.wait(name, moment),
            all.wait('', moment),
          );
      if (wait > 0) throw new Refused('too_many_forgeries', '', { retryAfter: Math.ceil(wait) });
    },
    failed({ address, key: name }) {
      const moment = now();
      const from = networkOf(address);
      const pair = pairOf(from, name);
      if (isKnown(pair, moment)) {
        ofKnown.take(pair, moment);
        return;
      }
      if (from !== null) network.take(from, moment);
      key.take(name, moment);
      all.take('', moment);
    },
    succeeded({ address, key: name }) {
      const moment = now();
      const pair = pairOf(networkOf(address), name);
      const seen = known.get(pair);
      if (seen !== undefined && seen + lag > moment) return;
      // At the end of the list, whose first is forgotten when there are too many.
      known.delete(pair);
      known.set(detached(pair), moment);
      forgetFirst(known, forgeryLimits.known.most);
    },
  };
}

function pairOf(network: string | null, key: string): string {
  return `${network ?? ''} ${key}`;
}

/** Buckets by name, in bounded memory: those that nothing was taken from are not kept. */
function bucketsOf({ burst, perSecond, most }: Rate & { readonly most: number }) {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>();
  const debt = -forgeryLimits.longestDebt * perSecond;
  const leftIn = (name: string, now: number): number => {
    const bucket = buckets.get(name);
    return bucket === undefined ? burst : Math.min(burst, bucket.left + (now - bucket.at) * perSecond);
  };
  return {
    /** For how many seconds none is left. */
    wait: (name: string, now: number): number => Math.max(0, (1 - leftIn(name, now)) / perSecond),
    /** Takes one, though none be left: what was begun at once is made up for. */
    take(name: string, now: number): void {
      const left = Math.max(debt, leftIn(name, now) - 1);
      buckets.delete(name);
      // Names are parts of what was sent, and stay after it.
      buckets.set(detached(name), { left, at: now });
      forgetFirst(buckets, most);
    },
  };
}
