import { Refused } from './refused.ts';

// Free of node: imports, because the sdk bundles it for browsers.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const values = new Uint8Array(128).fill(255);
for (let i = 0; i < 64; i += 1) values[alphabet.charCodeAt(i)] = i;

/** base64url without padding (SPEC §1.4). */
export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const triple =
      ((bytes[i] as number) << 16) |
      ((left > 1 ? (bytes[i + 1] as number) : 0) << 8) |
      (left > 2 ? (bytes[i + 2] as number) : 0);
    text += alphabet.charAt(triple >>> 18) + alphabet.charAt((triple >>> 12) & 63);
    if (left > 1) text += alphabet.charAt((triple >>> 6) & 63);
    if (left > 2) text += alphabet.charAt(triple & 63);
  }
  return text;
}

/**
 * Decodes base64url in its one spelling. Throws `base64url_malformed` for padding, other characters, an impossible length
 * and non-zero trailing bits, so that no two texts mean the same bytes.
 */
export function fromBase64url(text: string): Uint8Array {
  const rest = text.length % 4;
  if (rest === 1) throw new Refused('base64url_malformed');
  const bytes = new Uint8Array((text.length >>> 2) * 3 + (rest === 0 ? 0 : rest - 1));
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const a = valueAt(text, i);
    const b = valueAt(text, i + 1);
    bytes[at++] = (a << 2) | (b >>> 4);
    if (i + 2 === text.length) {
      if ((b & 15) !== 0) throw new Refused('base64url_malformed');
      break;
    }
    const c = valueAt(text, i + 2);
    bytes[at++] = (b << 4) | (c >>> 2);
    if (i + 3 === text.length) {
      if ((c & 3) !== 0) throw new Refused('base64url_malformed');
      break;
    }
    bytes[at++] = (c << 6) | valueAt(text, i + 3);
  }
  return bytes;
}

function valueAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  const value = code < 128 ? (values[code] as number) : 255;
  if (value === 255) throw new Refused('base64url_malformed');
  return value;
}
