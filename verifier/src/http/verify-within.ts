import type { ForgeryLimit, Source } from './forgery-limit.ts';

/** Verifies a signature, unless too many from there were forged (SPEC §10.12). Throws `too_many_forgeries`. */
export function verifyWithin(limit: ForgeryLimit, source: Source, verify: () => boolean): boolean {
  limit.require(source);
  const isValid = verify();
  if (!isValid) limit.failed(source);
  return isValid;
}

/** The same where another thread verifies. Rejects with `too_many_forgeries`. */
export async function verifyWithinAsync(
  limit: ForgeryLimit,
  source: Source,
  verify: () => Promise<boolean>,
): Promise<boolean> {
  limit.require(source);
  const isValid = await verify();
  if (!isValid) limit.failed(source);
  return isValid;
}
