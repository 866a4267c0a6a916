import type { ForgeryLimit } from './forgery-limit.ts';

/** Whose signature is to be verified, and from where it came. */
export type Source = { readonly address: string | undefined; readonly key: string };

/** Verifies a signature, unless too many from there were forged (SPEC §10.12). Throws `too_many_forgeries`. */
export function verifyWithin(limit: ForgeryLimit, { address, key }: Source, verify: () => boolean): boolean {
  const suspect = limit.require(address, key);
  const isValid = verify();
  limit[isValid ? 'succeeded' : 'failed'](suspect);
  return isValid;
}

/** The same where another thread verifies. Rejects with `too_many_forgeries`. */
export async function verifyWithinAsync(
  limit: ForgeryLimit,
  { address, key }: Source,
  verify: () => Promise<boolean>,
): Promise<boolean> {
  const suspect = limit.require(address, key);
  const isValid = await verify();
  limit[isValid ? 'succeeded' : 'failed'](suspect);
  return isValid;
}
