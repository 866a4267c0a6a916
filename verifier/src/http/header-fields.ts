import { Refused } from '../refused.ts';

/** Header fields as they were received, in their order, repeats included: pairs of name and value. */
export type RawHeaders = readonly (readonly [name: string, value: string])[];

/** Header fields by lower-case name. A name that came more than once keeps its first value and stands in `repeated`. */
export type Fields = { readonly values: ReadonlyMap<string, string>; readonly repeated: ReadonlySet<string> };

/** All header fields of a request together, in characters (SPEC §12). */
const mostOfAll = 65_536;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible ASCII, space, tab, and the bytes above ASCII, which arrive as one character each. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** These never come twice: what they mean would depend on which of the two a reader takes. */
export const once = [
  'appwarrant-deployment',
  'authorization',
  'authorization-digest',
  'content-digest',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'cookie-digest',
  'host',
  'oauth-client-attestation',
  'signature',
  'signature-input',
  'transfer-encoding',
];
export const overrides = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/**
 * Reads header fields: sizes first, then names and values, then repeats (SPEC §10.2, §12). Values lose white space around
 * them. Throws `too_large`, `header_malformed`, `header_repeated`, `method_override`.
 */
export function readFields(headers: RawHeaders): Fields {
  let size = 0;
  const values = new Map<string, string>();
  let repeated: Set<string> | undefined;
  for (const [name, value] of headers) {
    if (typeof name !== 'string' || typeof value !== 'string') {
      throw new Refused('header_malformed', 'A header field is a pair of texts.');
    }
    size += name.length + value.length;
    if (size > mostOfAll)
      throw new Refused('too_large', 'The header fields are longer than 64 KiB together.');
    const key = readName(name);
    if (!fieldValue.test(value))
      throw new Refused('header_malformed', `${key} contains a control or foreign character.`);
    if (values.has(key)) (repeated ??= new Set()).add(key);
    else values.set(key, withoutSpaceAround(value));
  }
  if (repeated !== undefined) {
    const name = once.find((each) => repeated.has(each));
    if (name !== undefined) throw new Refused('header_repeated', `${name} comes more than once.`);
  }
  for (const name of overrides)
    if (values.has(name)) throw new Refused('method_override', `The request has ${name}.`);
  return { values, repeated: repeated ?? none };
}

const none: ReadonlySet<string> = new Set();

/** Names are few, and come with every request: what was read of them is kept, within bounds. */
const names = new Map<string, string>();
const mostNames = 256;
const mostOfName = 64;

/** A name in lower case. Throws `header_malformed`. */
function readName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (!token.test(name)) throw new Refused('header_malformed', 'The name of a header field is not a token.');
  const key = name.toLowerCase();
  if (names.size < mostNames && name.length <= mostOfName) names.set(name, key);
  return key;
}

/** A field's value by itself. Only spaces and tabs belong to HTTP's white space; `trim` would take more. */
export function withoutSpaceAround(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value.charCodeAt(start))) start += 1;
  while (end > start && isBlank(value.charCodeAt(end - 1))) end -= 1;
  return end - start === value.length ? value : value.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
