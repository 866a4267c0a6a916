import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalText,
  fileText,
  parseJson,
  parseJsonText,
  type JsonObject,
  type JsonValue,
} from '../../src/formats.ts';
import { readJson } from '../../src/strict-json.ts';
import { refusal } from '../compose/story.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Any value that strict JSON can hold. */
const values = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom('"', '\\', '\n', '\u0000', '/', 'a', '\u007f', '\u2028', '\u{1f600}'),
    }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc
        .string({ unit: fc.constantFrom('a', 'b', '"', '\\', ' ', '~', '1') })
        .filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

describe('Strict JSON', () => {
  const refused: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['white space alone', ' '],
    ['a byte order mark', '\ufeff{}'],
    ['two values', '{} {}'],
    ['a trailing comma in an object', '{"a":1,}'],
    ['a trailing comma in a list', '[1,]'],
    ['a leading comma', '[,1]'],
    ['another sign than a colon', '{"a"=1}'],
    ['a member name whose first quote is missing', '{a":1}'],
    ['another sign between members', '{"a":1;"b":2}'],
    ['another sign between items', '[1;2]'],
    ['a closing bracket for a brace', '{"a":1]'],
    ['a closing brace for a bracket', '[1}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice, not beside each other', '{"b":1,"a":1,"b":1}'],
    ['a member twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['the member __proto__', '{"__proto__":{}}'],
    ['the member __proto__, escaped', '{"\\u005f_proto__":{}}'],
    ['a member name beyond ASCII', '{"é":1}'],
    ['a member name beyond ASCII, escaped', '{"\\u00e9":1}'],
    ['a control character in a member name', '{"\\n":1}'],
    ['DEL in a member name', '{"\u007f":1}'],
    ['a member name without quotes', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['a raw control character', '"\n"'],
    ['a raw NUL', '"\u0000"'],
    ['an unknown escape', '"\\x41"'],
    ['a cut escape', '"\\u00"'],
    ['a signed escape', '"\\u+041"'],
    ['a lone high surrogate', '"\\ud800"'],
    ['a lone low surrogate', '"\\udc00x"'],
    ['surrogates in the wrong order', '"\\udc00\\ud800"'],
    ['a fraction', '1.0'],
    ['an exponent', '1e3'],
    ['negative zero', '-0'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a minus sign alone', '-'],
    ['an unsafe integer', '9007199254740992'],
    ['a hexadecimal number', '0x10'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['a word in capitals', 'True'],
    ['a cut word', 'tru'],
    ['a comment', '{}//x'],
    ['a form feed', '\f{}'],
    ['a no-break space', '\u00a0{}'],
    ['33 levels', '['.repeat(33) + ']'.repeat(33)],
    ['33 levels of objects', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
    ['a million levels', '['.repeat(1_000_000)],
  ];
  test.each(refused)('refuses %s', (_, text) => {
    refusal('json_malformed', () => parseJson(bytes(text), 10_000_000));
  });

  test('refuses what is not UTF-8', () => {
    for (const octets of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
    ]) {
      refusal('json_malformed', () => parseJson(Uint8Array.from(octets), 100));
    }
  });

  test('refuses what is larger than it may be, before reading it', () => {
    expect(parseJson(bytes('12345'), 5)).toBe(12345);
    refusal('too_large', () => parseJson(bytes('123456'), 5));
  });

  test('reads 32 levels, white space and escapes', () => {
    expect(parseJsonText('['.repeat(32) + ']'.repeat(32))).toHaveLength(1);
    expect(parseJsonText(`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`)).toHaveProperty('a.a.a');
    expect(parseJsonText('{ "a" : { } , "b" : [ ] }')).toEqual({ a: {}, b: [] });
    expect(parseJsonText(' \t\r\n{ "a" : [ 1 , -2 ] , "b" : "\\u0041\\/\\ud83d\\ude00" } ')).toEqual({
      a: [1, -2],
      b: 'A/\u{1f600}',
    });
    expect(parseJsonText('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('makes plain objects: what they inherit is no member', () => {
    const value = parseJsonText('{"constructor":1,"hasOwnProperty":2,"toString":3}');
    expect(value).toEqual({ constructor: 1, hasOwnProperty: 2, toString: 3 });
    refusal('json_malformed', () => parseJsonText('{"constructor":1,"a":2,"constructor":1}'));
  });

  test('reads back whatever it can hold, in canonical or any other formatting', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(parseJsonText(fileText(value))).toEqual(value);
        expect(parseJsonText(JSON.stringify(value, null, 2))).toEqual(value);
      }),
    );
  });

  test('agrees with JSON.parse wherever it reads at all', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:\\ua0-1.etrfnlsu \n')) }),
        (text) => {
          let value: JsonValue;
          try {
            value = parseJsonText(text);
          } catch {
            return;
          }
          expect(value).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 5000 },
    );
  });

  test('refuses every beginning of a document', () => {
    const text = fileText({ a: [1, 'x', { b: null }], c: true });
    for (let end = 0; end < text.length; end += 1)
      refusal('json_malformed', () => parseJsonText(text.slice(0, end)));
  });

  test('knows which texts are canonical', () => {
    fc.assert(
      fc.property(values, (value) => {
        const text = fileText(value);
        if (!text.includes('\\') && !/[\ud800-\udfff]/.test(text))
          expect(readJson(text, undefined).plain).toBe(true);
        const other = JSON.stringify(value);
        if (readJson(other, undefined).plain) expect(other).toBe(canonicalText(value));
        if (readJson(` ${text}`, undefined).plain) throw new Error('White space is not canonical.');
      }),
    );
  });
});

describe('What is set aside while parsing', () => {
  /** Sets aside the members called `x`, whose values are single digits. */
  const read = (text: string) => {
    const found = new Map<JsonObject, string[]>();
    const scan = (all: string, at: number) => {
      const end = at + '"x":1'.length;
      return /^"x":[0-9]$/.test(all.slice(at, end))
        ? { name: 'x', end, found: all.slice(at, end) }
        : undefined;
    };
    const { value } = readJson(text, { within: 'things', scan, found });
    return { value, found: [...found] };
  };

  test('are members of the objects of one name, and of no others', () => {
    const { value, found } = read('{"other":{"x":1},"things":{"x":2,"y":3},"x":4}');
    expect(value).toEqual({ other: { x: 1 }, things: { y: 3 }, x: 4 });
    expect(found).toEqual([[{ y: 3 }, ['"x":2']]]);
    expect(read('{"things":{"y":3}}').found).toEqual([]);
    expect(read('{"things":{}}').found).toEqual([]);
  });

  test('stands in objects that count as levels like any others', () => {
    const nested = (levels: number): string => `{"things":{"y":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    expect(read(nested(30)).value).toHaveProperty('things.y');
    refusal('json_malformed', () => read(nested(31)));
  });
});

describe('The canonical form', () => {
  test.each<[string, JsonValue, string]>([
    ['sorts members by their names', { b: 1, a: { d: 2, c: 3 } }, '{"a":{"c":3,"d":2},"b":1}'],
    ['sorts names as text, not as numbers', { 10: 1, 9: 2 }, '{"10":1,"9":2}'],
    ['keeps the order of lists', [3, 1, 2], '[3,1,2]'],
    ['escapes only quotes and backslashes', 'a"b\\c/d\né', '"a\\"b\\\\c/d\né"'],
    ['writes integers in decimal', [0, -1, 9007199254740991], '[0,-1,9007199254740991]'],
    ['writes words', [true, false, null], '[true,false,null]'],
    ['writes what is empty', { a: {}, b: [], c: '' }, '{"a":{},"b":[],"c":""}'],
  ])('%s', (_, value, text) => {
    expect(canonicalText(value)).toBe(text);
  });

  test('escapes control characters in files, because canonical JSON with them is not JSON', () => {
    const pem = '-----BEGIN PUBLIC KEY-----\nAAAA\n';
    expect(canonicalText({ pem })).toBe(`{"pem":"${pem}"}`);
    expect(fileText({ pem })).toBe(`{"pem":${JSON.stringify(pem)}}`);
  });

  test.each<[string, unknown]>([
    ['a fraction', 1.5],
    ['an unsafe integer', 2 ** 53],
    ['NaN', Number.NaN],
    ['undefined', [undefined]],
    ['a function', { a: () => 1 }],
    ['a bigint', 1n],
    ['a lone surrogate', '\ud800'],
  ])('does not exist for %s', (_, value) => {
    expect(() => canonicalText(value as JsonValue)).toThrow(TypeError);
  });
});
