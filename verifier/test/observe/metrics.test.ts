import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { createMetrics, metricsContentType } from '../../src/metrics.ts';
import { expose } from '../../src/metrics/exposition.ts';
import type { Status } from '../../src/status.ts';
import type { Verdict } from '../../src/verdict.ts';
import { Refused } from '../../src/refused.ts';
import { makeKey } from '../http/sign.ts';
import { findProgram } from '../sidecar/real-proxies.ts';
import { nextBundle } from '../state/site.ts';
import { signNow } from '../tricks/honest.ts';
import { parseExposition } from './parse-exposition.ts';
import { watch } from './watched.ts';

/** The value of the one sample that has these labels, or undefined. */
function valueOf(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const families = parseExposition(text);
  const family = [...families.values()].find((each) => each.samples.some((sample) => sample.name === name));
  const found = (family?.samples ?? []).filter(
    (sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  expect(found.length, `${name} ${JSON.stringify(labels)}`).toBeLessThan(2);
  return found[0]?.value;
}

function seriesOf(text: string): number {
  return [...parseExposition(text).values()].reduce((sum, { samples }) => sum + samples.length, 0);
}

function metered() {
  const metrics = createMetrics((): Status => made.verifier.status());
  const told: Verdict[] = [];
  const made = watch({
    onVerdict: (verdict) => {
      told.push(verdict);
      metrics.onVerdict(verdict);
    },
  });
  return { ...made, told, metrics };
}

describe('The metrics', () => {
  test('count admitted and refused requests, and how long decisions took', () => {
    const { site, verifier, told, metrics } = metered();
    const request = signNow(site);
    verifier.check(request);
    for (let i = 0; i < 3; i += 1) expect(() => verifier.check(request)).toThrow(Refused);
    expect(() => verifier.check({ method: 'GET', target: '/', headers: [] })).toThrow(Refused);
    const text = metrics.text();
    const app = { partner: told[0]?.partner?.id ?? '', app: told[0]?.app?.id ?? '' };
    expect(valueOf(text, 'appwarrant_admitted_total', { by: 'app', ...app, freshness: 'fresh' })).toBe(1);
    expect(valueOf(text, 'appwarrant_refused_total', { reason: 'replayed', ...app })).toBe(3);
    expect(valueOf(text, 'appwarrant_refused_total', { reason: 'proof_missing', app: 'none' })).toBe(1);
    expect(valueOf(text, 'appwarrant_decision_duration_seconds_count', { outcome: 'admitted' })).toBe(1);
    expect(valueOf(text, 'appwarrant_decision_duration_seconds_count', { outcome: 'refused' })).toBe(4);
    expect(valueOf(text, 'appwarrant_decision_duration_seconds_count', { outcome: 'monitored' })).toBe(0);
  });

  test('count apart what was refused after the check had admitted it', () => {
    const { site, verifier, metrics } = metered();
    const request = signNow(site);
    verifier.noteRefusal(request, new Refused('capability_missing'), verifier.check(request));
    const text = metrics.text();
    expect(valueOf(text, 'appwarrant_refused_after_admission_total', { reason: 'capability_missing' })).toBe(
      1,
    );
    expect(valueOf(text, 'appwarrant_refused_total')).toBeUndefined();
    expect(valueOf(text, 'appwarrant_decision_duration_seconds_count', { outcome: 'refused' })).toBe(0);
  });

  test('tell where the verifier stands, before anything is loaded and after', () => {
    const { site, verifier, metrics } = metered();
    const text = metrics.text();
    const { allowlist } = verifier.status();
    expect(valueOf(text, 'appwarrant_admitting')).toBe(1);
    expect(valueOf(text, 'appwarrant_problem')).toBeUndefined();
    expect(valueOf(text, 'appwarrant_allowlist_version', { role: 'timestamp' })).toBe(
      allowlist?.versions.timestamp,
    );
    expect(valueOf(text, 'appwarrant_allowlist_freshness', { freshness: 'fresh' })).toBe(1);
    expect(valueOf(text, 'appwarrant_allowlist_freshness', { freshness: 'expired' })).toBe(0);
    expect(valueOf(text, 'appwarrant_builds', { state: 'approved' })).toBe(1);
    const left = (what: string) => valueOf(text, 'appwarrant_seconds_left', { what }) ?? NaN;
    const until = (time: string | null | undefined) => Date.parse(time ?? '') / 1000 - Date.now() / 1000;
    expect(Math.abs(left('licence') - until(allowlist?.license.expires))).toBeLessThan(10);
    expect(Math.abs(left('metadata') - until(allowlist?.wall))).toBeLessThan(10);
    expect(left('freshness')).toBeLessThan(left('grace'));
    expect(left('monitor')).toBeNaN();
    expect(valueOf(text, 'appwarrant_clock_behind_seconds')).toBe(0);
    expect(
      valueOf(text, 'appwarrant_verifier_info', { deployment: site.deployment, origin: site.origin }),
    ).toBe(1);
    const loaded = valueOf(text, 'appwarrant_allowlist_loaded_timestamp_seconds') ?? 0;
    expect(Math.abs(loaded - Date.now() / 1000)).toBeLessThan(60);

    verifier.close();
    const closed = metrics.text();
    expect(valueOf(closed, 'appwarrant_admitting')).toBe(0);
    expect(valueOf(closed, 'appwarrant_problem', { code: 'closed' })).toBe(1);
    expect(valueOf(closed, 'appwarrant_allowlist_loaded')).toBe(0);
    expect(valueOf(closed, 'appwarrant_seconds_left')).toBeUndefined();
  });

  test('say that an offered bundle was refused', () => {
    const { site, verifier, metrics } = metered();
    const old = nextBundle(site);
    verifier.load(nextBundle(site));
    expect(() => verifier.load(old)).toThrow(Refused);
    expect(valueOf(metrics.text(), 'appwarrant_bundle_refused', { code: 'rollback' })).toBe(1);
  });
});

describe('The number of series has a bound:', () => {
  test('whatever keys, nonces, names and targets are made up', () => {
    const { site, verifier, metrics } = metered();
    const send = (i: number) => {
      const request = signNow(site, { key: makeKey(), target: `/made-up/${String(i)}` });
      expect(() => verifier.check(request)).toThrow(Refused);
      const input = `x=();keyid="${String(i).padStart(43, 'A')}";tag="made-up-${String(i)}"`;
      const headers = [
        ['Signature-Input', input],
        [`X-${String(i)}`, String(i)],
      ] as const;
      expect(() => verifier.check({ method: `M${String(i)}`, target: '/', headers })).toThrow(Refused);
    };
    send(0);
    const before = seriesOf(metrics.text());
    for (let i = 1; i < 100; i += 1) send(i);
    expect(seriesOf(metrics.text())).toBe(before);
  });

  test('also for a million verdicts with made-up reasons, apps and freshness', () => {
    const { told, site, verifier } = watch();
    verifier.check(signNow(site));
    expect(() => verifier.check({ method: 'GET', target: '/', headers: [] })).toThrow(Refused);
    const [admitted, refused] = told as [Verdict, Verdict];
    const metrics = createMetrics(() => verifier.status());
    const before = seriesOf(metrics.text());
    const some = 1_000_000;
    for (let i = 0; i < some; i += 1) {
      const name = `made-up-${String(i)}`;
      const who = { partner: { id: name, name }, app: { id: name, name } };
      const freshness = name as 'fresh';
      metrics.onVerdict(
        i % 2 === 0
          ? { ...refused, code: name as 'replayed', claimed: who, freshness }
          : { ...admitted, ...who, freshness },
      );
    }
    const text = metrics.text();
    expect(seriesOf(text) - before).toBeLessThan(2_000);
    const total = (name: string) =>
      parseExposition(text)
        .get(name)
        ?.samples.reduce((sum, { value }) => sum + value, 0);
    // Nothing is lost: what has no series of its own is counted as other.
    expect(total('appwarrant_refused_total')).toBe(some / 2);
    expect(total('appwarrant_admitted_total')).toBe(some / 2);
  });

  test('apps beyond the first two hundred are counted as other', () => {
    const { told, site, verifier } = watch();
    verifier.check(signNow(site));
    const [admitted] = told as [Verdict];
    const metrics = createMetrics(() => verifier.status());
    for (let i = 0; i < 250; i += 1)
      metrics.onVerdict({ ...admitted, app: { id: `app-${String(i)}`, name: 'An app' } });
    const counted = parseExposition(metrics.text()).get('appwarrant_admitted_total')?.samples ?? [];
    expect(counted).toHaveLength(201);
    expect(counted.find(({ labels }) => labels.app === 'other')?.value).toBe(50);
  });
});

describe('The text format', () => {
  test('escapes what names may contain, so that a strict reader gets it back', () => {
    const value = 'a "quoted" \\ back\\slash\nline, {braces} = , # ü 🔑';
    const help = 'back\\slash and\nline "quotes"';
    const samples = [
      { labels: { name: value }, value: 1.5e-7 },
      { labels: {}, value: Infinity },
    ];
    const text = expose([{ name: 'a_b', type: 'gauge', help, samples }]);
    expect(text.split('\n')).toHaveLength(5);
    const family = parseExposition(text).get('a_b');
    expect(family?.help).toBe(help);
    expect(family?.samples).toMatchObject([{ labels: { name: value }, value: 1.5e-7 }, { value: Infinity }]);
  });

  test('has no half of a character', () => {
    const text = expose([
      { name: 'a', type: 'gauge', help: '', samples: [{ labels: { a: '\ud83d' }, value: 1 }] },
    ]);
    expect(text).toBe(Buffer.from(text).toString());
  });

  test.each([
    ['a sample without a family', 'a 1\n'],
    ['a type that is none', '# HELP a b\n# TYPE a number\na 1\n'],
    ['a quote that is not escaped', '# HELP a b\n# TYPE a gauge\na{b="c"d"} 1\n'],
    ['a sample twice', '# HELP a b\n# TYPE a gauge\na 1\na 1\n'],
    ['a value that is none', '# HELP a b\n# TYPE a gauge\na one\n'],
    ['no line feed at its end', '# HELP a b\n# TYPE a gauge\na 1'],
    [
      'buckets that fall',
      '# HELP a b\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    ],
    ['a family in two parts', '# HELP a b\n# TYPE a gauge\n# HELP c d\n# TYPE c gauge\na 1\n'],
  ])('is read strictly here: not %s', (_, text) => {
    expect(() => parseExposition(text)).toThrow(Error);
  });

  const promtool = findProgram('promtool');
  test('passes promtool', ({ skip }) => {
    if (promtool === undefined) skip('promtool is not installed (Debian: prometheus)');
    const { site, verifier, metrics } = metered();
    verifier.check(signNow(site));
    expect(
      execFileSync(promtool ?? '', ['check', 'metrics'], { input: metrics.text(), encoding: 'utf8' }),
    ).toBe('');
  });

  test('is sent with the content type of its version', () => {
    expect(metricsContentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  });
});
