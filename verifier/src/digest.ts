import { sha256, sha512 } from './crypto.ts';
import { sha256Pattern } from './ids.ts';
import { Refused } from './refused.ts';

export { sha256 };

/** SHA-256 as 64 lower-case hexadecimal digits (SPEC §1.3). */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}

/** SHA-512 as 128 digits; only TUF files of other makers are named by it. */
export function sha512Hex(bytes: Uint8Array): string {
  return toHex(sha512(bytes));
}

/** Bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexDigits[byte] as string;
  return text;
}

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The bytes of an even number of lower-case hexadecimal digits; throws `value_malformed`. */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(text))
    throw new Refused('value_malformed', 'Not lower-case hexadecimal digits.');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

/** The text itself, when it is a digest as SPEC §1.3 writes it; throws `value_malformed`. */
export function parseDigest(text: string): string {
  if (!sha256Pattern.test(text))
    throw new Refused('value_malformed', 'A digest is 64 lower-case hexadecimal digits.');
  return text;
}
