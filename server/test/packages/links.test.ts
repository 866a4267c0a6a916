import { posix } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { build } from '../../../.ci/build.ts';
import { readRelease } from '../../src/packages/read-release.ts';

beforeAll(() => build(['verifier']));

test('Every page of the package links to files that are in the package', () => {
  const { members } = readRelease(`${import.meta.dirname}/../../../verifier`);
  const there = new Set(
    members.flatMap(({ name }) => name.split('/').map((_, i, parts) => parts.slice(0, i + 1).join('/'))),
  );
  const pages = members.filter(({ name }) => name.endsWith('.md'));
  const links = pages.flatMap(({ name, bytes }) =>
    [
      ...Buffer.from(bytes)
        .toString()
        .matchAll(/\]\(([^)#\s]+)[^)]*\)/g),
    ]
      .map(([, link = '']) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => ({ name, link, to: posix.join(posix.dirname(name), link).replace(/\/$/, '') })),
  );
  // Nothing has been looked at where there is nothing.
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ to }) => !there.has(to))).toEqual([]);
});
