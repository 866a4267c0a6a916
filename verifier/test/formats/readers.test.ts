import { describe, expect, test } from 'vitest';
import { isObject, member, readerFor, type JsonValue } from '../../src/json.ts';
import { refusal } from '../compose/story.ts';

// What every document is read with. A reader gives the value itself, or refuses with the code of its document.

const read = readerFor('roster_malformed', 'Roster');
const refused = (reading: () => unknown): void => {
  refusal('roster_malformed', reading);
};
const everyKind: readonly (JsonValue | undefined)[] = [undefined, null, true, 0, 1, '', 'a', [], ['a'], {}];
/** All kinds of values but these. */
const othersThan = (...kinds: readonly string[]): readonly (JsonValue | undefined)[] =>
  everyKind.filter((value) => !kinds.includes(kindOf(value)));
const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value;

describe('An object', () => {
  test('is neither null nor a list', () => {
    for (const value of everyKind)
      expect(isObject(value), JSON.stringify(value)).toBe(kindOf(value) === 'object');
    for (const value of othersThan('object')) {
      refused(() => read.object(value, 'it'));
      refused(() => read.members(value, 'it', []));
    }
    const value = { a: 1 };
    expect(read.object(value, 'it')).toBe(value);
  });

  test('has every member that it must have, any of those that it may have, and no other', () => {
    const members = (value: JsonValue) => read.members(value, 'it', ['a', 'b'], ['c', 'd']);
    for (const value of [
      { a: 1, b: 2 },
      { b: 2, a: 1, c: 3 },
      { a: 1, b: 2, d: 4 },
      { a: 1, b: 2, c: 3, d: 4 },
      { a: null, b: false },
    ]) {
      expect(members(value)).toBe(value);
    }
    for (const value of [
      {},
      { a: 1 },
      { b: 2 },
      { a: 1, c: 3 },
      { a: 1, e: 5 },
      { e: 5, f: 6 },
      { c: 3, d: 4 },
      { a: 1, b: 2, e: 5 },
      { a: 1, b: 2, c: 3, e: 5 },
      { a: 1, b: 2, c: 3, d: 4, e: 5 },
    ]) {
      refused(() => members(value));
    }
    refused(() => read.members({ a: 1, b: 2 }, 'it', ['a']));
  });

  test('has only members of its own: what it inherits is none', () => {
    const heir = Object.create({ a: 1 }) as { a: number };
    expect(member(heir, 'a')).toBe(undefined);
    expect(member({}, 'toString')).toBe(undefined);
    expect(member({ a: 1 }, 'a')).toBe(1);
    refused(() => read.members(heir, 'it', ['a']));
    refused(() => read.members({}, 'it', ['constructor']));
  });
});

describe('A list', () => {
  test('has as many items as it may have', () => {
    for (const list of [['a'], ['a', 'b'], ['a', 'b', 'c']]) expect(read.list(list, 'it', 1, 3)).toBe(list);
    for (const list of [[], ['a', 'b', 'c', 'd']]) refused(() => read.list(list, 'it', 1, 3));
    expect(read.list([], 'it', 0, 0)).toEqual([]);
    for (const value of othersThan('list')) refused(() => read.list(value, 'it', 0, 9));
  });
});

describe('A text', () => {
  test('is not empty, and no longer than it may be', () => {
    for (const text of ['a', 'ab', 'abc']) expect(read.text(text, 'it', 3)).toBe(text);
    for (const text of ['', 'abcd']) refused(() => read.text(text, 'it', 3));
    for (const value of othersThan('string')) refused(() => read.text(value, 'it', 9));
    refused(() => read.text(['a', 'b'], 'it', 3));
  });

  test('of a form has that form, and is a text', () => {
    expect(read.matching('12', 'it', /^[0-9]+$/, 'digits')).toBe('12');
    for (const value of ['', 'a', '1a', 12, ['12'], null])
      refused(() => read.matching(value, 'it', /^[0-9]+$/, 'digits'));
  });

  test('of a choice is one of those', () => {
    expect(read.oneOf('b', 'it', ['a', 'b'])).toBe('b');
    for (const value of ['', 'c', 'ab', 0, null, ['a'], undefined])
      refused(() => read.oneOf(value, 'it', ['a', 'b']));
  });
});

describe('An integer', () => {
  test('is whole, safe, and within its bounds', () => {
    for (const value of [1, 2, 3]) expect(read.integer(value, 'it', 1, 3)).toBe(value);
    for (const value of [0, 4, -1, 1.5, Number.NaN, Infinity]) refused(() => read.integer(value, 'it', 1, 3));
    refused(() => read.integer(2 ** 53, 'it', 0, 2 ** 60));
    for (const value of othersThan('number')) refused(() => read.integer(value, 'it', 0, 9));
    refused(() => read.integer('2', 'it', 1, 3));
  });
});
