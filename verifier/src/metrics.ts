import { countBy, observeBy } from './metrics/count.ts';
import { expose, type Labels } from './metrics/exposition.ts';
import { standingFamilies } from './metrics/standing.ts';
import type { Status } from './status.ts';
import type { Verdict } from './verdict.ts';

export { metricsContentType } from './metrics/exposition.ts';

/** What Prometheus is told about one verifier. */
export type Metrics = {
  /** Counts a verdict: give it to `openVerifier`. */
  readonly onVerdict: (verdict: Verdict) => void;
  /** The metrics at this moment, in the text format 0.0.4: send it with `metricsContentType`. Throws what `status` throws. */
  readonly text: () => string;
};

/** How many apps have series of their own; those that come later are counted as `other`. */
const mostApps = 200;
/** How many series of refusals name an app; those that come later are counted as `other`. */
const mostRefusals = 1_000;
/** In seconds: an admitted request takes about a tenth of a millisecond; whoever waits for a replay store takes more. */
const bounds = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1];
const outcomes = ['admitted', 'monitored', 'break_glass', 'refused'];

/**
 * Counts verdicts and tells the status, for Prometheus. The number of series has a bound, whatever anybody sends: labels are reason
 * codes, apps of the allowlist, and freshness.
 *
 * Two lines join it to a verifier: `const metrics = createMetrics(() => verifier.status())`, and `onVerdict: metrics.onVerdict` in the
 * options of `openVerifier`. `status` is called at each scrape.
 */
export function createMetrics(status: () => Status): Metrics {
  const apps = new Map<string, Labels>();
  const admitted = countBy(
    {
      name: 'appwarrant_admitted_total',
      help: 'Requests that were admitted, by what: the proof of an approved app, or a grant alone.',
    },
    mostApps * 2,
    asOther,
  );
  const refused = countBy(
    {
      name: 'appwarrant_refused_total',
      help: 'Requests that were refused, by reason code and by the app whose key they named, which nothing has proven.',
    },
    mostRefusals,
    asOther,
  );
  const granted = countBy(
    {
      name: 'appwarrant_granted_total',
      help: 'Requests that a grant alone admitted, by the reason for which they would have been refused.',
    },
    mostRefusals,
    asOther,
  );
  const later = countBy(
    {
      name: 'appwarrant_refused_after_admission_total',
      help: 'Requests that were refused although the check had admitted them, such as for want of a capability.',
    },
    mostRefusals,
    asOther,
  );
  const durations = observeBy(
    {
      name: 'appwarrant_decision_duration_seconds',
      help: 'How long decisions took: without the wait for the body, with the wait for a replay store.',
    },
    'outcome',
    outcomes,
    bounds,
  );

  /** Who it is, within bounds. */
  const appLabels = ({ partner, app, claimed }: Verdict): Labels => {
    const who = app === null || partner === null ? claimed : { partner, app };
    if (who === null) return { partner: 'none', app: 'none' };
    const key = `${who.partner.id}/${who.app.id}`;
    const known = apps.get(key);
    if (known !== undefined) return known;
    if (apps.size >= mostApps) return other;
    const labels = { partner: short(who.partner.id), app: short(who.app.id) };
    apps.set(key, labels);
    return labels;
  };

  return {
    onVerdict(verdict) {
      const { code, durationMs, grant, outcome, wasAdmitted } = verdict;
      const reason = short(code ?? 'none');
      const freshness = verdict.freshness ?? 'none';
      const who = appLabels(verdict);
      if (wasAdmitted) return later.add({ reason, ...who });
      const result = outcome === 'refused' ? outcome : grantLabel(grant);
      // What the server refused before the check took the check no time.
      if (durationMs > 0) durations.observe(result, durationMs / 1000);
      if (outcome === 'refused') return refused.add({ reason, ...who, freshness });
      admitted.add({ by: result === 'admitted' ? 'app' : result, ...who, freshness });
      if (grant !== null) granted.add({ reason, ...who });
    },
    text: () =>
      expose([
        ...[admitted, refused, granted, later, durations].map(({ family }) => family()),
        ...standingFamilies(status()),
      ]),
  };
}

const other: Labels = { partner: 'other', app: 'other' };

/** Of what is left the values are few: a code of the closed list, a freshness. */
function asOther(labels: Labels): Labels {
  return { ...labels, ...other };
}

function grantLabel(grant: Verdict['grant']): string {
  switch (grant) {
    case null:
      return 'admitted';
    case 'monitored':
      return 'monitored';
    case 'breakGlass':
      return 'break_glass';
  }
}

function short(text: string): string {
  return text.slice(0, 100);
}
