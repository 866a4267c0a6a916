/**
 * A key's fingerprint as people read it aloud: its thumbprint (base64url of a SHA-256) as sixteen groups of four
 * hexadecimal digits, which is how the ceremony writes it, too.
 */
export function inGroups(thumbprint: string): string {
  const bytes = atob(thumbprint.replaceAll('-', '+').replaceAll('_', '/'));
  const hex = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return hex.match(/.{1,4}/g)?.join(' ') ?? '';
}
