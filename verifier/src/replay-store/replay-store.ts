/**
 * Where several processes, threads or nodes remember together which proofs were used (SPEC §10.13). It is asked after everything else
 * has passed, and can only refuse.
 */
export type ReplayStore = {
  /**
   * Takes an id for so many seconds: `'first'` for the one who takes it, `'used'` for everybody after that. `'forgotten'` once, to each
   * who asks, when ids may have been lost that others took: after a restart, a flush, a fail-over. Nothing was taken then.
   *
   * `now` is the asker's time, in whole seconds since 1970: a store whose own clock is more than `clockTolerance` away rejects, because
   * `seconds` would not last. Rejects, or takes longer than a second, when it cannot tell: then the request is refused.
   */
  readonly claim: (id: string, seconds: number, now: number) => Promise<ClaimAnswer>;
};

export type ClaimAnswer = 'first' | 'used' | 'forgotten';

/** How far a node's time may be from its store's, in seconds. */
export const clockTolerance = 30;

/** How far the times of two nodes of one store may be apart, in seconds: whole ones, so each of them may be out by one more. */
export const clocksApart = 2 * (clockTolerance + 1);
