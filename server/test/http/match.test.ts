import { expect, test } from 'vitest';

import { pathTable } from '../../src/http/match.ts';

const find = pathTable([
  { method: 'get', path: '/a/:id', value: 'one' },
  { method: 'post', path: '/a/:id', value: 'change' },
  { method: 'get', path: '/a/new', value: 'new' },
  { method: 'get', path: '/a/:id/b', value: 'below' },
]);

test('a path matches segment by segment', () => {
  expect(find('get', '/a/x')).toMatchObject({ kind: 'found', value: 'one', params: new Map([['id', 'x']]) });
  expect(find('get', '/a/x/b')).toMatchObject({ value: 'below' });
});

test('a literal wins over a parameter', () => {
  expect(find('get', '/a/new')).toMatchObject({ value: 'new' });
});

test('another method names those that there are', () => {
  expect(find('delete', '/a/x')).toEqual({ kind: 'other-method', methods: ['get', 'post'] });
});

test.each([
  '/a',
  '/a/',
  '/a/x/',
  '/a//b',
  '//a/x',
  '/A/x',
  '/a/%78',
  '/a/x%2Fb',
  '/a/x b',
  '/a/..;/b',
  `/a/${'x'.repeat(201)}`,
  '/a/ü',
  '',
])('%j matches nothing: a path has one spelling', (path) => {
  expect(find('get', path)).toEqual({ kind: 'none' });
});

test('two routes at one place are a mistake of ours', () => {
  const value = 'x';
  expect(() =>
    pathTable([
      { method: 'get', path: '/a', value },
      { method: 'get', path: '/a', value },
    ]),
  ).toThrow('two routes');
  expect(() =>
    pathTable([
      { method: 'get', path: '/:a', value },
      { method: 'put', path: '/:b', value },
    ]),
  ).toThrow('two names');
});
