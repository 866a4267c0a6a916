import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { docs, linksOf, readPage, stepsOf } from './page.ts';

// What all pages about installing and operating have in common.

const ways = ['npm', 'sidecar', 'systemd', 'container', 'helm'].map((name) => `install/${name}.md`);
const own = [...ways, 'install/README.md', 'operating/backup.md', 'operating/upgrade.md'];

describe.each(ways)('%s', (name) => {
  const page = readPage(name);

  test('leads to the first admitted request in at most ten steps', () => {
    const steps = stepsOf(page);
    expect(steps).toEqual(steps.map((_, index) => index + 1));
    expect(steps.length).toBeLessThanOrEqual(10);
    expect(page).toMatch(/\n(?:9|10)\. Let the partner's app ask\./);
  });

  test('says how to know the vendor’s file, what is refused before, and what was run of it', () => {
    for (const said of ['proof_missing', '/backup.md', '/alerts.md', 'What was run:', 'doctor'])
      expect(page).toContain(said);
    expect(page).toMatch(/sha256sum|container\.md/);
  });
});

describe.each(own)('%s', (name) => {
  test('links to pages that are there', () => {
    const links = linksOf(readPage(name)).map((link) => join(dirname(join(docs, name)), link));
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});

test('There is a page for each way, and the first page names each', () => {
  const pages = globSync('install/*.md', { cwd: docs }).filter((name) => !name.endsWith('README.md'));
  expect(new Set(pages)).toEqual(new Set(ways));
  const first = linksOf(readPage('install/README.md')).map((link) => `install/${link}`);
  expect(first).toEqual(expect.arrayContaining(ways));
});

test('A newcomer is led there in one step: from the README, the customer’s quickstart and the verifier’s README', () => {
  for (const [page, link] of [
    ['../README.md', 'docs/install/'],
    ['quickstart/customer.md', '../install/'],
    ['../verifier/README.md', '../docs/install/'],
    ['quickstart/vendor.md', '../install/'],
  ] as const)
    expect(
      linksOf(readPage(page)).some((each) => each.startsWith(link)),
      page,
    ).toBe(true);
});
