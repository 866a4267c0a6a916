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
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) throw new TypeError('Canonical JSON cannot hold a lone surrogate.');
      return string(value);
    case 'number':
      if (!Number.isSafeInteger(value)) throw new TypeError('Canonical JSON holds safe integers only.');
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) {
        let text = '[';
        for (let i = 0; i < value.length; i += 1) {
          text += (i === 0 ? '' : ',') + write((value as readonly JsonValue[])[i] as JsonValue, string);
        }
        return `${text}]`;
      }
      const object = value as JsonObject;
      const names = Object.keys(object).sort();
      let text = '{';
      for (let i = 0; i < names.length; i += 1) {
        const name = names[i] as string;
        text += `${i === 0 ? '' : ','}${string(name)}:${write(object[name] as JsonValue, string)}`;
      }
      return `${text}}`;
    }
    default:
      throw new TypeError(`Canonical JSON cannot hold a ${typeof value}.`);
  }
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
