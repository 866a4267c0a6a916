import type { JsonObject, JsonValue } from './json.ts';

// Free of node: imports, because the sdk bundles it for browsers.

const needsEscape = /[\u0000-\u001f"\\]/;
const escaped = /["\\]/g;

/**
 * The canonical form of SPEC §1.2 (TUF's canonical JSON) as text: what every signature and digest of a document is over.
 *
 * Throws TypeError for what strict JSON cannot hold: fractions, unsafe integers, undefined, functions, lone surrogates.
 * A value that `parseJson` returned never throws.
 */
export function canonicalText(value: JsonValue): string {
  return write(value, canonicalString);
}

/** The canonical form as UTF-8 bytes; see `canonicalText`. */
export function canonical(value: JsonValue): Uint8Array {
  return new TextEncoder().encode(canonicalText(value));
}

/**
 * The file form of SPEC §1.2: the canonical form, but valid JSON even where a string holds control characters (PEM keys do).
 * The two differ only in how such characters are written. Throws as `canonicalText` does.
 */
export function fileText(value: JsonValue): string {
  return write(value, JSON.stringify);
}

function write(value: JsonValue, string: (text: string) => string): string {
  if (typeof value === 'string') {
    if (!isWellFormed(value)) throw new TypeError('Canonical JSON cannot hold a lone surrogate.');
    return string(value);
  }
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('Canonical JSON holds safe integers only.');
    return String(value);
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (value === null) return 'null';
  if (typeof value !== 'object') throw new TypeError(`Canonical JSON cannot hold a ${typeof value}.`);
  return Array.isArray(value)
    ? writeList(value as readonly JsonValue[], string)
    : writeObject(value as JsonObject, string);
}

function writeList(list: readonly JsonValue[], string: (text: string) => string): string {
  let text = '[';
  for (let i = 0; i < list.length; i += 1) {
    text += (i === 0 ? '' : ',') + write(list[i] as JsonValue, string);
  }
  return `${text}]`;
}

function writeObject(object: JsonObject, string: (text: string) => string): string {
  const names = Object.keys(object).sort();
  let text = '{';
  for (let i = 0; i < names.length; i += 1) {
    const name = names[i] as string;
    text += `${i === 0 ? '' : ','}${string(name)}:${write(object[name] as JsonValue, string)}`;
  }
  return `${text}}`;
}

function canonicalString(text: string): string {
  return needsEscape.test(text) ? `"${text.replace(escaped, '\\$&')}"` : `"${text}"`;
}

const surrogate = /[\ud800-\udfff]/;

function isWellFormed(text: string): boolean {
  return (
    !surrogate.test(text) ||
    !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
  );
}
