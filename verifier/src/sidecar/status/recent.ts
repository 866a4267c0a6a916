import { forgetFirst } from '../../forget-first.ts';
import type { ReasonCode } from '../../reasons.ts';
import { timeOf, type Time } from '../../time.ts';
import type { Verdict } from '../../verdict.ts';

/** A refusal as an operator sees it: the same one again is counted, and not listed again. */
export type RecentRefusal = {
  readonly code: ReasonCode;
  readonly message: string;
  /** `GET /orders`, without the query. Empty where there was no request that could be read. */
  readonly request: string;
  /** Whose key it named, by the allowlist; `proven` where the proof was in order. */
  readonly app: {
    readonly id: string;
    readonly name: string;
    readonly partner: string;
    readonly proven: boolean;
  } | null;
  readonly first: Time;
  readonly last: Time;
  readonly times: number;
  /** Admitted in spite of it, by a grant alone. */
  readonly admitted: boolean;
};

/** What has happened of late, in bounded memory. */
export type Recent = {
  readonly note: (verdict: Verdict) => void;
  /** Notes a refusal of which no verdict tells. */
  readonly add: (refusal: Omit<RecentRefusal, 'first' | 'last' | 'times'>) => void;
  /** The last first. */
  readonly refusals: () => readonly RecentRefusal[];
  /** How often each code was given since the start, most often first. */
  readonly counts: () => readonly { readonly code: ReasonCode; readonly times: number }[];
  /** When an app was last admitted, and how often since the start, by partner and app. */
  readonly served: (partner: string, app: string) => { readonly times: number; readonly last: Time } | null;
};

/** How many refusals of one code are kept, so that a flood of one pushes no other out; how many apps; how long a text may be. */
const most = { perCode: 20, apps: 2_000, text: 160 };

/** `now` in seconds since 1970. */
export function rememberRecent(now: () => number): Recent {
  const byCode = new Map<ReasonCode, Map<string, RecentRefusal>>();
  const counts = new Map<ReasonCode, number>();
  const served = new Map<string, { times: number; last: Time }>();

  const add: Recent['add'] = (refusal) => {
    const { code, app, request } = refusal;
    const at = timeOf(now());
    counts.set(code, (counts.get(code) ?? 0) + 1);
    let kept = byCode.get(code);
    if (kept === undefined) byCode.set(code, (kept = new Map<string, RecentRefusal>()));
    const key = `${app?.partner ?? ''}/${app?.id ?? ''} ${request}`;
    const before = kept.get(key);
    kept.delete(key);
    kept.set(key, { ...refusal, first: before?.first ?? at, last: at, times: (before?.times ?? 0) + 1 });
    forgetFirst(kept, most.perCode);
  };

  return {
    add,
    note(verdict) {
      const { code, request, claimed, message, outcome } = verdict;
      const who =
        verdict.app === null || verdict.partner === null
          ? claimed
          : { app: verdict.app, partner: verdict.partner };
      if (outcome === 'admitted' && verdict.app !== null && who !== null) {
        const key = `${who.partner.id}/${who.app.id}`;
        const times = (served.get(key)?.times ?? 0) + 1;
        if (times > 1 || served.size < most.apps) served.set(key, { times, last: verdict.at });
      }
      if (code === null) return;
      add({
        code,
        message,
        request:
          request === null
            ? ''
            : `${request.method} ${request.target.split('?')[0] ?? ''}`.slice(0, most.text),
        app:
          who === null
            ? null
            : { id: who.app.id, name: who.app.name, partner: who.partner.name, proven: verdict.app !== null },
        admitted: outcome === 'admitted',
      });
    },
    refusals: () =>
      [...byCode.values()]
        .flatMap((kept) => [...kept.values()])
        .toSorted((a, b) => (a.last > b.last ? -1 : 1)),
    counts: () => [...counts].map(([code, times]) => ({ code, times })).toSorted((a, b) => b.times - a.times),
    served: (partner, app) => served.get(`${partner}/${app}`) ?? null,
  };
}
