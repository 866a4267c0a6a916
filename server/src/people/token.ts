import { sha256Hex, toBase64url } from '@appwarrant/verifier/formats';

import type { Random } from '../context.ts';

/** A secret of 256 bits for a link or a cookie. It is handed out once; what the database keeps is its digest. */
export function newToken(random: Random): string {
  return toBase64url(random(32));
}

/** What the database keeps of a token. */
export function tokenDigest(token: string): string {
  return sha256Hex(new TextEncoder().encode(token));
}
