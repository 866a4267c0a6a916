import { Refused } from '../refused.ts';
import { fromBase64, toBase64 } from './base64.ts';

// Structured fields (RFC 8941), as far as Signature-Input, Signature and the digest fields need them: dictionaries of items
// and inner lists, with integers, strings, tokens, byte sequences and booleans. Decimals, dates and display strings have no
// place there and are refused. Stricter than the RFC in one rule: a key that comes twice is refused, where the RFC keeps the
// last, because two readers that keep different ones can be played against each other.
// One pass over the text, never back. Free of node: imports, because the sdk bundles it for browsers.

/** A bare item: the value and its type. Integers have at most 15 digits. */
export type BareItem =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'boolean'; readonly value: boolean };

export type Parameters = ReadonlyMap<string, BareItem>;
export type Item = { readonly kind: 'item'; readonly item: BareItem; readonly parameters: Parameters };
export type InnerList = {
  readonly kind: 'list';
  readonly items: readonly Item[];
  readonly parameters: Parameters;
};
export type Dictionary = ReadonlyMap<string, Item | InnerList>;

type Cursor = { readonly field: string; readonly text: string; at: number };

const none: Parameters = new Map();

const mustEscape = /["\\]/;
// Sticky, so that each matches at the cursor and nowhere else.
const tokenHere = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const keyHere = /[a-z*][a-z0-9_\-.*]*/y;
const digitsHere = /-?[0-9]{1,16}/y;
const plainHere = /[ !#-[\]-~]*/y;

/** Reads a dictionary. `field` is the field's name, for the message. Throws `proof_malformed`. */
export function parseDictionary(field: string, text: string): Dictionary {
  const cursor: Cursor = { field, text, at: 0 };
  const members = new Map<string, Item | InnerList>();
  skip(cursor, ' ');
  while (cursor.at < text.length) {
    const key = readKey(cursor);
    if (members.has(key)) throw malformed(cursor, `has the member "${key}" twice`);
    if (take(cursor, '=')) members.set(key, readMember(cursor));
    else
      members.set(key, {
        kind: 'item',
        item: { kind: 'boolean', value: true },
        parameters: readParameters(cursor),
      });
    skip(cursor, ' \t');
    if (cursor.at === text.length) return members;
    if (!take(cursor, ',')) throw malformed(cursor, 'needs a comma');
    skip(cursor, ' \t');
    if (cursor.at === text.length) throw malformed(cursor, 'ends with a comma');
  }
  return members;
}

/** Writes a dictionary in its one canonical spelling (RFC 8941 §4.1.2). */
export function serializeDictionary(dictionary: Dictionary): string {
  const members: string[] = [];
  for (const [key, member] of dictionary) {
    if (member.kind === 'list') members.push(`${key}=${serializeInnerList(member)}`);
    else if (isTrue(member.item)) members.push(key + serializeParameters(member.parameters));
    else members.push(`${key}=${serializeItem(member)}`);
  }
  return members.join(', ');
}

/** Writes an inner list with its parameters, as the last line of a signature base shows it (RFC 9421 §2.3). */
export function serializeInnerList(list: InnerList): string {
  let items = '';
  for (const item of list.items) items += items === '' ? serializeItem(item) : ` ${serializeItem(item)}`;
  return `(${items})${serializeParameters(list.parameters)}`;
}

function serializeItem(item: Item): string {
  return serializeBareItem(item.item) + serializeParameters(item.parameters);
}

function serializeParameters(parameters: Parameters): string {
  let text = '';
  for (const [key, value] of parameters)
    text += isTrue(value) ? `;${key}` : `;${key}=${serializeBareItem(value)}`;
  return text;
}

function serializeBareItem(item: BareItem): string {
  switch (item.kind) {
    case 'integer':
      return String(item.value);
    case 'string':
      return `"${mustEscape.test(item.value) ? item.value.replace(/["\\]/g, '\\$&') : item.value}"`;
    case 'token':
      return item.value;
    case 'bytes':
      return `:${toBase64(item.value)}:`;
    case 'boolean':
      return item.value ? '?1' : '?0';
  }
}

function isTrue(item: BareItem): boolean {
  return item.kind === 'boolean' && item.value;
}

function readMember(cursor: Cursor): Item | InnerList {
  return cursor.text[cursor.at] === '(' ? readInnerList(cursor) : readItem(cursor);
}

function readInnerList(cursor: Cursor): InnerList {
  cursor.at += 1;
  const items: Item[] = [];
  for (;;) {
    skip(cursor, ' ');
    if (take(cursor, ')')) return { kind: 'list', items, parameters: readParameters(cursor) };
    items.push(readItem(cursor));
    const next = cursor.text[cursor.at];
    if (next !== ' ' && next !== ')') throw malformed(cursor, 'needs a space or a closing parenthesis');
  }
}

function readItem(cursor: Cursor): Item {
  const item = readBareItem(cursor);
  return { kind: 'item', item, parameters: readParameters(cursor) };
}

function readParameters(cursor: Cursor): Parameters {
  if (cursor.text[cursor.at] !== ';') return none;
  const parameters = new Map<string, BareItem>();
  while (take(cursor, ';')) {
    skip(cursor, ' ');
    const key = readKey(cursor);
    if (parameters.has(key)) throw malformed(cursor, `has the parameter "${key}" twice`);
    parameters.set(key, take(cursor, '=') ? readBareItem(cursor) : { kind: 'boolean', value: true });
  }
  return parameters;
}

function readBareItem(cursor: Cursor): BareItem {
  const first = cursor.text[cursor.at] ?? '';
  if (first === '"') return { kind: 'string', value: readString(cursor) };
  if (first === ':') return { kind: 'bytes', value: readBytes(cursor) };
  if (first === '-' || isDigit(first)) return { kind: 'integer', value: readInteger(cursor) };
  if (first === '?') return { kind: 'boolean', value: readBoolean(cursor) };
  const token = matchHere(cursor, tokenHere);
  if (token === '') throw malformed(cursor, 'needs a string, integer, token, byte sequence or boolean');
  return { kind: 'token', value: token };
}

function readKey(cursor: Cursor): string {
  const key = matchHere(cursor, keyHere);
  if (key === '') throw malformed(cursor, 'needs a key');
  return key;
}

function readInteger(cursor: Cursor): number {
  const digits = matchHere(cursor, digitsHere);
  const number = Number(digits);
  if (digits === '' || digits.replace('-', '').length > 15)
    throw malformed(cursor, 'needs an integer of 1 to 15 digits');
  if (cursor.text[cursor.at] === '.') throw malformed(cursor, 'has a decimal, where only integers belong');
  return number === 0 ? 0 : number;
}

function readString(cursor: Cursor): string {
  cursor.at += 1;
  let value = '';
  for (;;) {
    value += matchHere(cursor, plainHere);
    if (take(cursor, '"')) return value;
    if (!take(cursor, '\\'))
      throw malformed(cursor, 'has a string that is not closed, or a character that is not ASCII');
    const escaped = cursor.text[cursor.at];
    if (escaped !== '"' && escaped !== '\\') throw malformed(cursor, 'escapes a character that needs none');
    value += escaped;
    cursor.at += 1;
  }
}

function readBytes(cursor: Cursor): Uint8Array {
  const end = cursor.text.indexOf(':', cursor.at + 1);
  if (end < 0) throw malformed(cursor, 'has a byte sequence that is not closed');
  const bytes = fromBase64(cursor.text.slice(cursor.at + 1, end));
  cursor.at = end + 1;
  return bytes;
}

function readBoolean(cursor: Cursor): boolean {
  const digit = cursor.text[cursor.at + 1];
  if (digit !== '0' && digit !== '1') throw malformed(cursor, 'needs ?0 or ?1');
  cursor.at += 2;
  return digit === '1';
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
}

/** What the sticky pattern matches at the cursor, which moves behind it; '' when it matches nothing. */
function matchHere(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  if (!pattern.test(cursor.text)) return '';
  const matched = cursor.text.slice(cursor.at, pattern.lastIndex);
  cursor.at = pattern.lastIndex;
  return matched;
}

function take(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

function skip(cursor: Cursor, characters: string): void {
  while (cursor.at < cursor.text.length && characters.includes(cursor.text[cursor.at] as string))
    cursor.at += 1;
}

function malformed(cursor: Cursor, what: string): Refused {
  return new Refused('proof_malformed', `${cursor.field} ${what} at character ${String(cursor.at + 1)}.`);
}
