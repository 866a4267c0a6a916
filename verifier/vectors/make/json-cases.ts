import { accepted, refused, type Made } from './vector-case.ts';

// Strict JSON, and its canonical form (SPEC §1.1, §1.2).

/** What is right, and what is wrong in one place. */
const wrong: readonly (readonly [name: string, about: string, right: string, wrong: string])[] = [
  ['duplicate-member', 'A member name stands twice in one object.', '{"a":1,"b":2}', '{"a":1,"a":2}'],
  [
    'duplicate-member-escaped',
    'A member name stands twice, once written with an escape.',
    '{"a":1,"\\u0062":2}',
    '{"a":1,"\\u0061":2}',
  ],
  [
    'duplicate-member-nested',
    'A member name stands twice in an object inside another.',
    '{"o":{"x":1,"y":1}}',
    '{"o":{"x":1,"x":1}}',
  ],
  ['proto', 'A member has the name __proto__.', '{"_proto_":1}', '{"__proto__":1}'],
  [
    'proto-escaped',
    'A member has the name __proto__, written with an escape.',
    '{"\\u005fproto":1}',
    '{"\\u005f_proto__":1}',
  ],
  ['name-beyond-ascii', 'A member name has a letter beyond ASCII.', '{"e":1}', '{"é":1}'],
  [
    'name-with-control',
    'A member name has a control character, escaped.',
    '{"a\\u0020b":1}',
    '{"a\\u001fb":1}',
  ],
  ['name-with-delete', 'A member name has U+007F.', '{"~":1}', '{"\u007f":1}'],
  ['byte-order-mark', 'A byte order mark stands before the value.', '{}', '\ufeff{}'],
  [
    'lone-high-surrogate',
    'A string has a high surrogate without a low one.',
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
  ],
  ['lone-low-surrogate', 'A string has a low surrogate without a high one.', '"\\ud83d\\ude00"', '"\\ude00"'],
  [
    'surrogates-reversed',
    'A string has a low surrogate before a high one.',
    '"\\ud83d\\ude00"',
    '"\\ude00\\ud83d"',
  ],
  ['fraction-of-zero', 'An integer is written with a fraction of zero.', '[1]', '[1.0]'],
  ['fraction', 'A number is no integer.', '[1]', '[1.5]'],
  ['exponent', 'An integer is written with an exponent.', '[1000]', '[1e3]'],
  ['minus-zero', 'Zero has a sign.', '[0]', '[-0]'],
  ['leading-zero', 'An integer has a leading zero.', '[1]', '[01]'],
  ['plus-sign', 'An integer has a plus sign.', '[1]', '[+1]'],
  ['not-a-number', 'A value is NaN.', '[null]', '[NaN]'],
  ['above-safe', 'An integer is above 2^53 - 1.', '[9007199254740991]', '[9007199254740992]'],
  ['below-safe', 'An integer is below -(2^53 - 1).', '[-9007199254740991]', '[-9007199254740992]'],
  ['lists-too-deep', 'Lists are nested 33 deep.', nested('[', ']', 32), nested('[', ']', 33)],
  ['objects-too-deep', 'Objects are nested 33 deep.', nested('{"a":', '}', 32), nested('{"a":', '}', 33)],
  ['second-value', 'A second value follows the first.', '{}', '{} {}'],
  ['nul-after-value', 'A NUL follows the value.', '{}\n', '{}\u0000'],
  ['comma-after-last-item', 'A comma follows the last item of a list.', '[1,2]', '[1,]'],
  ['comma-after-last-member', 'A comma follows the last member of an object.', '{"a":1}', '{"a":1,}'],
  ['value-missing', 'A member has no value.', '{"a":1}', '{"a":}'],
  ['single-quotes', 'A string stands in single quotes.', '["a"]', "['a']"],
  ['comment', 'A comment stands beside the value.', '[1]', '[1/**/]'],
  ['raw-line-end', 'A string holds a line end that is not escaped.', '"a\\nb"', '"a\nb"'],
  ['raw-tab', 'A string holds a tab that is not escaped.', '"a\\tb"', '"a\tb"'],
  ['escape-unknown', 'A string has an escape that JSON does not know.', '"\\u0041"', '"\\x41"'],
  ['string-open', 'A string is not closed.', '["a"]', '["a]'],
  ['list-open', 'A list is not closed.', '[1]', '[1'],
  ['literal-capital', 'A literal is written with a capital.', '[true]', '[True]'],
  ['space-form-feed', 'A form feed stands as white space.', '[ 1]', '[\f1]'],
  ['space-no-break', 'A no-break space stands as white space.', '[ 1]', '[\u00a01]'],
  ['empty', 'The document is empty.', '0', ''],
  ['white-space-only', 'The document is white space only.', ' 0', ' \n'],
];

const wrongBytes: readonly (readonly [name: string, about: string, right: string, wrong: string])[] = [
  ['utf8-stray-byte', 'A string has a byte that UTF-8 never has.', '224122', '22ff22'],
  [
    'utf8-overlong',
    'A string has a character in a longer form of UTF-8 than its own.',
    '22c3a922',
    '22c0af22',
  ],
  [
    'utf8-surrogate',
    'A string has a surrogate, encoded as if it were a character.',
    '22e2828222',
    '22eda08022',
  ],
  ['utf8-cut', 'A character of a string is cut within its bytes.', '22e282ac22', '22e28222'],
  ['utf8-above-unicode', 'A string has a character above U+10FFFF.', '22f48fbfbf22', '22f490808022'],
];

/** The canonical form, and the file form where it differs. */
const right: readonly (readonly [
  name: string,
  about: string,
  text: string,
  canonical: string,
  file?: string,
])[] = [
  [
    'member-order',
    'Members are sorted by name, byte by byte.',
    '{"b":1,"a":2,"B":3,"":4,"a b":5,"aa":6}',
    '{"":4,"B":3,"a":2,"a b":5,"aa":6,"b":1}',
  ],
  [
    'number-names',
    'Names that are digits are sorted as text.',
    '{"9":1,"10":2,"1":3}',
    '{"1":3,"10":2,"9":1}',
  ],
  [
    'names-of-objects',
    'Names that objects of some languages inherit are names like any other.',
    '{"toString":1,"constructor":2,"hasOwnProperty":3}',
    '{"constructor":2,"hasOwnProperty":3,"toString":1}',
  ],
  [
    'names-with-escapes',
    'Quotes and backslashes in names are escaped; names are sorted before that.',
    '{"\\\\":1,"\\"":2,"\\u0041":3}',
    '{"\\"":2,"A":3,"\\\\":1}',
  ],
  [
    'white-space',
    'All four white-space characters may stand between tokens.',
    ' \t\r\n{ "a" :\t[ 1 ,\r2 ] }\n',
    '{"a":[1,2]}',
  ],
  [
    'escapes',
    'Escapes are read; only quotes and backslashes are written with one.',
    '"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"',
    '"A/\b\f\n\r\t\\"\\\\"',
    '"A/\\b\\f\\n\\r\\t\\"\\\\"',
  ],
  [
    'control-characters',
    'Control characters stand raw in the canonical form, escaped in the file form.',
    '"\\u0000\\u001f\\u007f"',
    '"\u0000\u001f\u007f"',
    '"\\u0000\\u001f\u007f"',
  ],
  [
    'beyond-ascii',
    'Characters beyond ASCII are written as they are, however they were read.',
    '["\\u00e9","é","e\\u0301","\\u2028"]',
    '["é","é","e\u0301","\u2028"]',
  ],
  ['beyond-the-plane', 'A pair of surrogates is one character.', '["\\ud83d\\ude00","😀"]', '["😀","😀"]'],
  [
    'integers',
    'Integers up to 2^53 - 1 on both sides.',
    '[0,-1,10,9007199254740991,-9007199254740991]',
    '[0,-1,10,9007199254740991,-9007199254740991]',
  ],
  [
    'literals',
    'The three literals, and empty containers.',
    '[ true, false, null, {}, [], "" ]',
    '[true,false,null,{},[],""]',
  ],
  ['lists-deep', 'Lists are nested 32 deep.', nested('[', ']', 32), nested('[', ']', 32)],
  ['lone-value', 'A document may be a string.', '"a"', '"a"'],
];

export function jsonCases(): Made[] {
  return [
    ...right.map(([name, about, text, canonical, file = canonical]) =>
      accepted({
        area: 'json',
        name,
        about,
        spec: ['1.1', '1.2'],
        input: { kind: 'json', text },
        facts: { canonical, file },
      }),
    ),
    ...wrong.map(([name, about, fine, bad]) =>
      refused({
        area: 'json',
        code: 'json_malformed',
        name,
        about,
        spec: ['1.1'],
        make: (defect) => ({ kind: 'json', text: defect(fine, bad) }),
      }),
    ),
    ...wrongBytes.map(([name, about, fine, bad]) =>
      refused({
        area: 'json',
        code: 'json_malformed',
        name,
        about,
        spec: ['1.1'],
        make: (defect) => ({ kind: 'json', bytes: Buffer.from(defect(fine, bad), 'hex').toString('base64') }),
      }),
    ),
  ];
}

function nested(open: string, close: string, depth: number): string {
  return `${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`;
}
