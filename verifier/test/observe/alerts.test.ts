import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { reasonCodes } from '../../src/reasons.ts';
import { docs, readPage } from '../install/page.ts';
import { findProgram } from '../sidecar/real-proxies.ts';
import { temporaryFolder } from '../state/site.ts';

const folder = join(docs, 'operating');

type Rule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
};
const { groups } = parse(readFileSync(join(folder, 'alert-rules.yml'), 'utf8')) as {
  groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);

type Panel = {
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
};
const dashboard = JSON.parse(readFileSync(join(folder, 'grafana-dashboard.json'), 'utf8')) as {
  panels: readonly Panel[];
  annotations: { list: readonly { expr: string }[] };
};
const queries = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [`panel ${title}`, expr] as const),
  ),
  ...dashboard.annotations.list.map(({ expr }) => ['the annotation', expr] as const),
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
];

/** Every metric with its labels, as the page tells them; that the page is right its own test says. */
const labelsOf = new Map(
  [
    ...readPage('operating/metrics.md').matchAll(
      /^\| `(appwarrant_\w+)` +\|(?: (?:counter|histogram) +\|)? ([^|]*)\|/gm,
    ),
  ].map(([, name = '', labels = '']) => [
    name,
    [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label ?? ''),
  ]),
);
const besides = new Set(['job', 'instance', 'le']);

describe.each(queries)('The query of %s', (_, expr) => {
  const names = [...expr.matchAll(/appwarrant_\w+/g)].map(([name]) =>
    name.replace(/_(?:bucket|sum|count)$/, ''),
  );

  test('names metrics that there are, and labels that they have', () => {
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect([...labelsOf.keys()]).toContain(name);
    const known = new Set([...names.flatMap((name) => labelsOf.get(name) ?? []), ...besides]);
    for (const [, inside = ''] of expr.matchAll(/\{([^}]*)\}/g))
      for (const [, label = ''] of inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) expect(known).toContain(label);
    for (const [, inside = ''] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g))
      for (const label of inside.split(',')) expect(known).toContain(label.trim());
  });

  test('names reason codes that there are', () => {
    for (const [, list = ''] of expr.matchAll(/reason(?:=~|=)"([^"]*)"/g))
      for (const code of list.split('|')) expect(reasonCodes).toContain(code);
  });
});

describe('docs/operating/alerts.md', () => {
  const page = readPage('operating/alerts.md');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  );

  test('has a section for each alert, in the order of the rules, and no other', () => {
    expect([...sections.keys()].toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  test.each(rules)('says of $alert what it means and what to do', ({ alert, annotations, labels }) => {
    const section = sections.get(alert) ?? '';
    expect(section).toMatch(/\*\*What it means\.\*\* .{60}/s);
    expect(section).toMatch(/\*\*What to do\.\*\* .{60}/s);
    expect(annotations.runbook_url).toBe(`alerts.md#${alert.toLowerCase()}`);
    expect(annotations.summary).toMatch(/^.{20,120}\.$/);
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
  });

  test('links to sections that it has, and names codes that there are', () => {
    const anchors = new Set([...sections.keys()].map((name) => name.toLowerCase()));
    for (const [, anchor = ''] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
    for (const [, code = ''] of page.matchAll(/^- `([a-z_]+)`/gm)) expect(reasonCodes).toContain(code);
  });

  test('names panels that the dashboard has', () => {
    const titles = dashboard.panels.map(({ title }) => title);
    for (const [, title = ''] of page.matchAll(/(?:panel|table) _([^_]+)_/g)) expect(titles).toContain(title);
  });
});

describe('The dashboard', () => {
  test('says of each panel what it shows', () => {
    const panels = dashboard.panels.filter(({ targets }) => targets !== undefined);
    expect(panels.length).toBeGreaterThan(12);
    for (const { title, description = '' } of panels) expect(description.length, title).toBeGreaterThan(15);
  });

  test('lays its panels out without one over another', () => {
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels as readonly (Panel & {
      gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
    })[])
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken, title).not.toContain(`${String(x)},${String(y)}`);
          expect(x).toBeLessThan(24);
          taken.add(`${String(x)},${String(y)}`);
        }
  });
});

// Of Prometheus itself, where it is installed (Debian: the package prometheus).
const promtool = findProgram('promtool');

describe('promtool', () => {
  beforeEach(({ skip }) => {
    if (promtool === undefined) skip('promtool is not installed (Debian: prometheus)');
  });

  test('takes the rules, and what they fire', () => {
    const place = temporaryFolder();
    cpSync(join(folder, 'alert-rules.yml'), join(place, 'alert-rules.yml'));
    cpSync(join(import.meta.dirname, 'alert-rules.test.yml'), join(place, 'test.yml'));
    expect(
      execFileSync(promtool ?? '', ['check', 'rules', 'alert-rules.yml'], { cwd: place, encoding: 'utf8' }),
    ).toContain('SUCCESS');
    expect(
      execFileSync(promtool ?? '', ['test', 'rules', 'test.yml'], { cwd: place, encoding: 'utf8' }),
    ).toContain('SUCCESS');
  });

  test('takes every query of the dashboard', () => {
    const place = temporaryFolder();
    const asRules = queries.map(([, expr], i) => ({
      record: `query_${String(i)}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    writeFileSync(
      join(place, 'queries.yml'),
      JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }),
    );
    expect(
      execFileSync(promtool ?? '', ['check', 'rules', 'queries.yml'], { cwd: place, encoding: 'utf8' }),
    ).toContain('SUCCESS');
  });
});
