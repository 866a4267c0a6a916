import { fromBase64url } from './base64url.ts';

// How people compare digests and keys by voice or by eye. Free of node: imports.

/**
 * The fingerprint of a public key: its RFC 7638 thumbprint (SPEC §1.7) as hexadecimal digits in sixteen groups of four.
 * The whole digest, not the start of it, so that nobody can look for a second key that reads alike.
 * Throws `base64url_malformed`.
 */
export function fingerprint(thumbprint: string): string {
  return inGroups([...fromBase64url(thumbprint)].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
}

/** Hexadecimal digits in groups of four, as people read them to each other: `9f86 d081 …`. */
export function inGroups(hex: string): string {
  return hex.replaceAll(/[0-9a-f]{4}(?!$)/g, '$& ');
}
