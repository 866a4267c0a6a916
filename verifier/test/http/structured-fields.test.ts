import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../src/http/base64.ts';
import {
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
} from '../../src/http/structured-fields.ts';
import type { BareItem, Dictionary, Item, Parameters } from '../../src/http/structured-fields.ts';
import { expectRefused } from './site.ts';

type Published = {
  readonly name: string;
  readonly raw: readonly string[];
  readonly header_type: 'item' | 'list' | 'dictionary';
  readonly expected?: unknown;
  readonly must_fail?: boolean;
  readonly can_fail?: boolean;
  readonly canonical?: readonly string[];
};

const read = (file: string) =>
  JSON.parse(
    readFileSync(new URL(`../vectors/structured-fields/${file}.json`, import.meta.url), 'utf8'),
  ) as Published[];
const files = readdirSync(new URL('../vectors/structured-fields/', import.meta.url)).map((name) =>
  name.replace('.json', ''),
);
const cases = files.flatMap((file) => read(file).map((vector) => ({ file, ...vector })));

/** What we refuse although RFC 8941 and 9651 allow it: decimals, dates, display strings, a key that comes twice. */
const unsupported = (vector: Published): boolean =>
  /-?[0-9]\.[0-9]/.test(vector.raw.join()) ||
  /"__type":"(?:date|displaystring)"/.test(JSON.stringify(vector.expected)) ||
  hasDuplicate(vector);
const hasDuplicate = ({ name }: Published) =>
  /duplicate/.test(name) || name === '0x2c in dictionary key' || name === '0x3b in parameterised list key';

describe('published structured fields', () => {
  const dictionaries = cases.filter((vector) => vector.header_type === 'dictionary');
  // All that is read here are dictionaries. An Item is read as the only member of one, and so is the only member of a List.
  const isMember = ({ header_type, raw, must_fail, expected }: Published): boolean =>
    raw.length === 1 &&
    (header_type === 'item' ||
      (header_type === 'list' && (must_fail === true || (expected as unknown[]).length === 1)));
  /** What no Item may be and a dictionary is: several members, or white space at the end, tabs too. */
  const isDictionaryAnyway = ({ header_type, raw: [raw = ''], must_fail }: Published): boolean =>
    header_type === 'item' && must_fail === true && (/^[^"%]*,/.test(raw) || /\t *$/.test(raw));
  const members = cases.filter((vector) => isMember(vector) && !isDictionaryAnyway(vector));

  it('are all used, but Lists that have not one member, what stands on several lines, and what is a dictionary anyway', () => {
    const used = new Set<object>([...dictionaries, ...members]);
    const left = cases.filter((vector) => !used.has(vector));
    expect(left.filter((vector) => !isDictionaryAnyway(vector) && isMember(vector))).toEqual([]);
    expect([dictionaries.length, members.length, left.length]).toEqual([432, 1127, 32]);
  });

  it.each(dictionaries)('dictionary, $file: $name', (vector) => {
    const text = vector.raw.join(', ');
    if (vector.must_fail === true || unsupported(vector)) {
      expectRefused(() => parseDictionary('Field', text), 'proof_malformed');
      return;
    }
    const dictionary = parseDictionary('Field', text);
    expect([...dictionary].map(([key, member]) => [key, plain(member)])).toEqual(vector.expected);
    expect(serializeDictionary(dictionary)).toBe((vector.canonical ?? vector.raw).join(''));
  });

  it.each(members)('only member, $file: $name', (vector) => {
    const [raw = ''] = vector.raw;
    // White space around a field is not the field's.
    const parse = () => parseDictionary('Field', `a=${raw.replace(/^ +| +$/g, '')}`);
    if (vector.must_fail === true || vector.can_fail === true || unsupported(vector)) {
      expectRefused(parse, 'proof_malformed');
      return;
    }
    const dictionary = parse();
    const member = dictionary.get('a');
    if (dictionary.size !== 1 || member === undefined) throw new Error(`${dictionary.size} members`);
    const expected = vector.header_type === 'list' ? (vector.expected as unknown[])[0] : vector.expected;
    expect(plain(member)).toEqual(expected);
    expect(serializeDictionary(dictionary).replace(/^a=?/, '')).toBe(
      (vector.canonical?.[0] ?? raw).replace(/^\?1/, ''),
    );
  });
});

describe('a dictionary', () => {
  const key = fc.stringMatching(/^[a-z*][a-z0-9_\-.*]{0,12}$/);
  const bare: fc.Arbitrary<BareItem> = fc.oneof(
    fc
      .integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 })
      .map((value) => ({ kind: 'integer' as const, value: value + 0 })),
    fc.stringMatching(/^[ -~]{0,40}$/).map((value) => ({ kind: 'string' as const, value })),
    fc
      .stringMatching(/^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]{0,20}$/)
      .map((value) => ({ kind: 'token' as const, value })),
    fc.uint8Array({ maxLength: 70 }).map((value) => ({ kind: 'bytes' as const, value })),
    fc.boolean().map((value) => ({ kind: 'boolean' as const, value })),
  );
  const parameters: fc.Arbitrary<Parameters> = fc
    .array(fc.tuple(key, bare), { maxLength: 5 })
    .map((pairs) => new Map(pairs));
  const item: fc.Arbitrary<Item> = fc
    .tuple(bare, parameters)
    .map(([value, of]) => ({ kind: 'item', item: value, parameters: of }));
  const list = fc
    .tuple(fc.array(item, { maxLength: 5 }), parameters)
    .map(([items, of]) => ({ kind: 'list' as const, items, parameters: of }));
  const dictionary: fc.Arbitrary<Dictionary> = fc
    .array(fc.tuple(key, fc.oneof(item, list)), { maxLength: 4 })
    .map((pairs) => new Map(pairs));

  it('comes back as it was written', () => {
    fc.assert(
      fc.property(dictionary, (value) => {
        expect(parseDictionary('Field', serializeDictionary(value))).toEqual(value);
      }),
    );
  });

  it('has one canonical spelling, which reading and writing again does not change', () => {
    fc.assert(
      fc.property(dictionary, (value) => {
        const text = serializeDictionary(value);
        expect(serializeDictionary(parseDictionary('Field', text))).toBe(text);
      }),
    );
  });

  it('is read or refused, whatever it is: nothing else is thrown', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.string({ unit: fc.constantFrom(...Array.from('a*=;,()":\\?01-. \tA\n')), maxLength: 60 }),
      fc.string({ unit: 'binary', maxLength: 60 }),
    );
    fc.assert(
      fc.property(text, (value) => {
        expectReadOrRefused(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('that is cut or has a bit flipped is read in one spelling or refused', () => {
    fc.assert(
      fc.property(dictionary, fc.nat(), fc.nat({ max: 6 }), (value, where, bit) => {
        const text = serializeDictionary(value);
        const at = text.length === 0 ? 0 : where % text.length;
        expectReadOrRefused(text.slice(0, at));
        expectReadOrRefused(
          text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('of any nonsense of the greatest length is read once, from left to right', () => {
    const nonsense = [
      '"'.repeat(8192),
      'a;'.repeat(4096),
      '('.repeat(8192),
      'a=('.repeat(2700),
      `a="${'\\"'.repeat(4000)}`,
      ' '.repeat(8192),
    ];
    for (const text of nonsense) expectReadOrRefused(text);
    expect(parseDictionary('Field', `a=(${'"x" '.repeat(2000)})`).size).toBe(1);
  });

  it('shows an inner list with its parameters in the order in which they came', () => {
    const member = parseDictionary('Field', 'a=( "b"   "a" );z;  c=1;b=?0').get('a');
    expect(member?.kind === 'list' && serializeInnerList(member)).toBe('("b" "a");z;c=1;b=?0');
  });
});

describe('base64', () => {
  it('comes back as it was written, and is what everybody writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  it('has one spelling: every text that is read is the one that would be written', () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from('AQgw/+-_=z\n ')), maxLength: 12 });
    fc.assert(
      fc.property(text, (value) => {
        try {
          expect(toBase64(fromBase64(value))).toBe(value);
        } catch (error) {
          expect(error).toMatchObject({ code: 'proof_malformed' });
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    '\u0080AAA',
    'AAA\u00ff',
    '\u0141AAA',
    'A',
    'AA',
    'AAA',
    'AB==',
    'AAB=',
    '====',
    'A===',
    'AA=A',
    '_-==',
    'AAAA====',
    'AA==AAAA',
  ])('refuses %s', (text) => {
    expectRefused(() => fromBase64(text), 'proof_malformed');
  });
});

function expectReadOrRefused(text: string): void {
  try {
    const again = serializeDictionary(parseDictionary('Field', text));
    expect(serializeDictionary(parseDictionary('Field', again))).toBe(again);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Refused', code: 'proof_malformed' });
  }
}

/** In the form in which the published cases write it. */
function plain(member: Item | { kind: 'list'; items: readonly Item[]; parameters: Parameters }): unknown {
  const pairs = [...member.parameters].map(([key, value]) => [key, plainBare(value)]);
  return member.kind === 'list' ? [member.items.map(plain), pairs] : [plainBare(member.item), pairs];
}

function plainBare(item: BareItem): unknown {
  if (item.kind === 'token') return { __type: 'token', value: item.value };
  if (item.kind === 'bytes') return { __type: 'binary', value: base32(item.value) };
  return item.value;
}

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  const text = groups
    .map((group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('');
  return text.padEnd(Math.ceil(text.length / 8) * 8, '=');
}
