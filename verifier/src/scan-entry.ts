import { holders, platforms, type Holder } from './custom.ts';
import { appSlugPattern, buildIdPattern, capabilityPattern, customerIdPattern } from './ids.ts';
import { partnerIdPattern, sha256Pattern, thumbprintPattern } from './ids.ts';
import { isLabel } from './label.ts';
import { isTime } from './time.ts';

// Most of a bundle is entries that nobody here will ever ask for. They are recognised without making values of them, which halves the
// time that a large bundle takes to load, and what it weighs in memory.

/** An entry that was recognised. */
export type ScannedEntry = {
  readonly path: string;
  readonly length: number;
  readonly digest: string;
  /** The canonical form of its `custom`. */
  readonly text: string;
  /** The canonical forms of its identities' keys. */
  readonly keys: readonly string[];
};

/**
 * Recognises, at a place in a text, a member of `targets` (`"path":{…}`) that is a well-formed entry in canonical form, and tells where
 * it ends. What is recognised has one value, with this very text, in which `parseEntry` and `approvalsOf` find nothing to refuse.
 * Undefined for everything else, and for what is rare (no approvals, quotation marks in labels): that has to be parsed. Throws nothing.
 */
export function scanEntry(
  text: string,
  at: number,
): { readonly name: string; readonly end: number; readonly found: ScannedEntry } | undefined {
  member.lastIndex = at;
  const found = member.exec(text) as string[] | null;
  if (found === null) return undefined;
  // In the order of the text, which is that of the alphabet.
  const [
    ,
    path = '',
    custom = '',
    app = '',
    assurance = '',
    version = '',
    capabilities = '',
    customers = '',
  ] = found;
  const [expires = '', identities = '', issued = '', partner = '', validFrom = '', digest = '', length] =
    found.slice(8);
  if (!isLabel(app) || !isLabel(version) || !isLabel(partner)) return undefined;
  if (!isSorted(capabilities) || !isSorted(customers)) return undefined;
  if (!isTime(issued) || !isTime(validFrom) || !isTime(expires)) return undefined;
  if (issued > validFrom || validFrom >= expires) return undefined;
  const keys = keysOf(identities, assurance as Holder);
  if (keys === undefined) return undefined;
  return {
    name: path,
    end: member.lastIndex,
    found: { path, length: Number(length), digest, text: custom, keys },
  };
}

/** Whether texts in quotation marks between commas are sorted and distinct. None has a character that sorts before the mark. */
function isSorted(list: string): boolean {
  if (!list.includes(',')) return true;
  const texts = list.split(',');
  return texts.every((text, i) => i === 0 || (texts[i - 1] as string) < text);
}

/** The keys of identities, when they are distinct and none is held more weakly than the entry says. */
function keysOf(identities: string, assurance: Holder): readonly string[] | undefined {
  const keys: string[] = [];
  for (let at = 0; at < identities.length;) {
    identity.lastIndex = at;
    const [, holder, key = ''] = identity.exec(identities) as string[];
    if (holders.indexOf(holder as Holder) < holders.indexOf(assurance) || keys.includes(key))
      return undefined;
    keys.push(key);
    at = identity.lastIndex;
  }
  return keys;
}

// What follows are patterns of texts in canonical form. Repetitions of more than a character are bounded: an unbounded one overflows
// the stack of the matcher on long texts.

const object = (members: Readonly<Record<string, string>>): string =>
  `\\{${Object.entries(members)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}\\}`;
const several = (item: string, most: number): string => `${item}(?:,${item}){0,${most - 1}}`;
const string = (pattern: RegExp): string => `"${pattern.source.slice(1, -1)}"`;
const oneOf = (choices: readonly string[]): string => `"(?:${choices.join('|')})"`;

const label = '"([^"\\\\\\u0000-\\u001f\\ud800-\\udfff]{1,120})"';
const time = '"([^"]{20})"';
const bytes = '"[A-Za-z0-9_-]*"';
const number = '(?:0|[1-9][0-9]{0,14})';

const approval = object({
  approver: bytes,
  authenticatorData: bytes,
  clientDataJSON: bytes,
  index: number,
  key: bytes,
  path: `\\[(?:${several(bytes, 10)})?\\]`,
  signature: bytes,
  size: number,
});
/** 32 bytes, as a thumbprint has. */
const coordinate = string(thumbprintPattern);
const key = object({ crv: '"P-256"', kty: '"EC"', x: coordinate, y: coordinate });
const held = (by: string, use: string): string => object({ holder: by, key, kind: '"key"', use });

const custom = object({
  app: object({ id: string(appSlugPattern), name: label }),
  approvals: `\\[(?:${several(approval, 32)})?\\]`,
  assurance: `"(${holders.join('|')})"`,
  build: object({ id: string(buildIdPattern), platform: oneOf(platforms), version: label }),
  capabilities: `\\[((?:${several(string(capabilityPattern), 64)})?)\\]`,
  customers: `(?:"all"|\\[(${several(string(customerIdPattern), 64)})\\])`,
  expires: time,
  identities: `\\[(${several(`(?:${held(oneOf(holders), '"request"')}|${held('"server"', '"attest"')})`, 16)})\\]`,
  issued: time,
  kind: '"entry"',
  partner: object({ id: string(partnerIdPattern), name: label }),
  review: string(sha256Pattern),
  validFrom: time,
});
const member = new RegExp(
  `"([a-z0-9/-]+)":${object({ custom: `(${custom})`, hashes: object({ sha256: `"(${sha256Pattern.source.slice(1, -1)})"` }), length: `(${number})` })}`,
  'y',
);
/** One of the identities, whose form is known already, and the comma behind it. */
const identity = /\{"holder":"([a-z]+)","key":(\{[^}]*\})[^}]*\},?/y;
