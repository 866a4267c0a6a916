import { Refused } from '../refused.ts';
import type { RequestHead } from './request-head.ts';

/** SPEC §12: the longest body given to `check`, in bytes. */
export const mostOfBody = 16 * 1024 * 1024;

/** Throws `too_large`. */
export function requireSize(body: Uint8Array | undefined): void {
  if (body !== undefined && body.length > mostOfBody)
    throw new Refused('too_large', 'The body is longer than 16 MiB.');
}

/** A caller that forgets the body must not get a request admitted whose body nobody has looked at. Throws `body_incomplete`. */
export function requireWholeBody({ framing }: RequestHead, body: Uint8Array | undefined): void {
  if (framing.length === undefined && !(framing.chunked && body === undefined)) return;
  const given = body?.length ?? 0;
  if (given !== framing.length)
    throw new Refused('body_incomplete', `The body that was given has ${String(given)} bytes.`);
}
