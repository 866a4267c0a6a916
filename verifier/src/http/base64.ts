import { Refused } from '../refused.ts';

// Free of node: imports, because the sdk bundles it for browsers.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const values = new Uint8Array(128).fill(255);
for (let i = 0; i < 64; i += 1) values[alphabet.charCodeAt(i)] = i;

/** Base64 with padding (RFC 4648 §4), as byte sequences of structured fields are written. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const triple =
      ((bytes[i] as number) << 16) |
      ((left > 1 ? (bytes[i + 1] as number) : 0) << 8) |
      (left > 2 ? (bytes[i + 2] as number) : 0);
    text += alphabet.charAt(triple >>> 18) + alphabet.charAt((triple >>> 12) & 63);
    text += left > 1 ? alphabet.charAt((triple >>> 6) & 63) : '=';
    text += left > 2 ? alphabet.charAt(triple & 63) : '=';
  }
  return text;
}

/**
 * Decodes base64 in its one spelling. Throws `proof_malformed` for missing padding, characters of base64url, and non-zero
 * trailing bits, so that no two texts mean the same bytes.
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw notBase64();
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const left = i + 4 === text.length ? 4 - padding : 4;
    const triple =
      (valueAt(text, i) << 18) |
      (valueAt(text, i + 1) << 12) |
      (left > 2 ? valueAt(text, i + 2) << 6 : 0) |
      (left > 3 ? valueAt(text, i + 3) : 0);
    bytes[at] = triple >>> 16;
    if (left > 2) bytes[at + 1] = (triple >>> 8) & 255;
    if (left > 3) bytes[at + 2] = triple & 255;
    if ((left === 2 && (triple & 0xffff) !== 0) || (left === 3 && (triple & 0xff) !== 0)) throw notBase64();
    at += 3;
  }
  return bytes;
}

function valueAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  const value = code < 128 ? (values[code] as number) : 255;
  if (value === 255) throw notBase64();
  return value;
}

function notBase64(): Refused {
  return new Refused('proof_malformed', 'A byte sequence is padded base64 (not base64url).');
}
