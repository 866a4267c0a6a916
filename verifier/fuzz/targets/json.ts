import { fromBase64url, toBase64url } from '../../src/base64url.ts';
import { canonicalText, fileText } from '../../src/canonical.ts';
import { fromHex, parseDigest, toHex } from '../../src/digest.ts';
import { fromBase64, toBase64 } from '../../src/http/base64.ts';
import { decodeBase64 } from '../../src/http/native-base64.ts';
import type { JsonValue } from '../../src/json.ts';
import { decodeCapped, decodeUtf8, parseJson, parseJsonText, readJson } from '../../src/strict-json.ts';
import { corpus, roster, signedOf } from '../corpus.ts';
import { bytesTarget, demand, textTarget, valueTarget, type Target } from '../target.ts';

const utf8 = new TextEncoder();
const words = [
  '"',
  '\\u0000',
  '\\ud83d\\ude00',
  '\\"',
  '{"a":',
  '[',
  ']',
  '}',
  ',',
  ':',
  'true',
  'null',
  '-',
  '"__proto__":',
  '\u00c3\u00a9',
];

const odd: readonly JsonValue[] = [
  { a: [1, 2, { b: null }], c: '"\\\u0000\u2028é\u{1f600}', '': true, 'a b': -9007199254740991 },
  [[], {}, '', 0, false, 'x'.repeat(300)],
];

/** Equal as values: what `JSON.parse` makes of a text, and what we made of it. */
function same(a: JsonValue, b: JsonValue): boolean {
  return canonicalText(a) === canonicalText(b);
}

export const jsonTargets: readonly Target[] = [
  bytesTarget({
    name: 'json',
    parsers: [
      'strict-json.parseJson',
      'strict-json.parseJsonText',
      'strict-json.readJson',
      'strict-json.decodeCapped',
      'strict-json.decodeUtf8',
    ],
    words,
    seeds: () => [...odd.map((value) => utf8.encode(JSON.stringify(value))), ...corpus().files.values()],
    judge: (bytes) => {
      const value = parseJson(bytes, 1_000_000);
      const text = decodeUtf8(bytes);
      demand(text === decodeCapped(bytes, bytes.length), 'decodes alike, however it is capped');
      demand(same(parseJsonText(text), value), 'reads texts and bytes alike');
      demand(same(JSON.parse(text) as JsonValue, value), 'reads what JSON.parse reads');
      const { plain } = readJson(text, undefined);
      demand(!plain || canonicalText(value) === text, 'calls nothing plain that is not canonical');
    },
  }),
  valueTarget({
    name: 'canonical',
    parsers: ['strict-json.parseJsonText'],
    words: ['"', '\\', '\u0000', '\u2028', '\u{1f600}'],
    seeds: () => [...odd, roster(), signedOf('registry')],
    judge: (value) => {
      const file = fileText(value);
      const back = parseJsonText(file);
      demand(fileText(back) === file, 'writes a file again as it was');
      demand(same(back, value), 'reads back what it wrote');
      demand(canonicalText(value).length > 0, 'writes something');
    },
  }),
  textTarget({
    name: 'base64url',
    parsers: ['base64url.fromBase64url'],
    words: ['=', 'A', '-', '_', '+', '/'],
    seeds: () => [0, 1, 2, 3, 32, 33, 64].map((size) => toBase64url(new Uint8Array(size).fill(0xa7))),
    judge: (text) => {
      const bytes = fromBase64url(text);
      demand(toBase64url(bytes) === text, 'has one spelling');
      demand(Buffer.from(bytes).toString('base64url') === text, 'decodes as Node does');
    },
  }),
  textTarget({
    name: 'base64',
    parsers: ['http/base64.fromBase64', 'http/native-base64.decodeBase64'],
    words: ['=', '==', 'A', '-', '_', '+', '/'],
    seeds: () => [0, 1, 2, 3, 32, 33, 64].map((size) => toBase64(new Uint8Array(size).fill(0xa7))),
    judge: (text) => {
      const length = Buffer.from(text, 'base64').length;
      const quick = decodeBase64(text, length);
      const bytes = quick ?? fromBase64(text);
      demand(Buffer.compare(bytes, fromBase64(text)) === 0, 'is decoded alike, by Node and by us');
      demand(toBase64(bytes) === text, 'has one spelling');
      demand(decodeBase64(text, length + 1) === undefined, 'has the length that was asked for');
      demand(Buffer.from(bytes).toString('base64') === text, 'decodes as Node does');
    },
  }),
  textTarget({
    name: 'digest',
    parsers: ['digest.fromHex', 'digest.parseDigest'],
    words: ['0', 'a', 'F', 'g'],
    seeds: () => ['0af'.padEnd(64, '9'), 'ff'.repeat(32), '00'],
    judge: (text) => {
      demand(toHex(fromHex(text)) === text, 'has one spelling');
      if (text.length !== 64) return;
      demand(parseDigest(text) === text, 'passes a digest on');
    },
  }),
];
