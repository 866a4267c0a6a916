import { expect, test } from 'vitest';
import { firstDifference } from '../src/first-difference.ts';

test('equal texts do not differ', () => {
  expect(firstDifference('a\nb', 'a\nb')).toBeNull();
});

test('the first of several differing lines is named, counted from 1', () => {
  expect(firstDifference('a\nb\nc', 'a\nB\nC')).toEqual({ line: 2, ours: 'b', theirs: 'B' });
});

test('a line that one side lacks is a difference', () => {
  expect(firstDifference('a', 'a\nb')).toEqual({ line: 2, ours: '(no such line)', theirs: 'b' });
  expect(firstDifference('a\nb', 'a')).toEqual({ line: 2, ours: 'b', theirs: '(no such line)' });
});
