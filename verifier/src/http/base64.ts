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
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (text.length % 4 !== 0) throw notBase64();
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const end = text.length - padding;
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < end; i += 1) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? (values[code] as number) : 255;
    if (value === 255) throw notBase64();
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at] = (bits >>> held) & 255;
      at += 1;
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0) throw notBase64();
  return bytes;
}

function notBase64(): Refused {
  return new Refused('proof_malformed', 'A byte sequence is padded base64 (not base64url).');
}
