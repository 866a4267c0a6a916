import type { Allowlist, Freshness } from '../allowlist.ts';
import type { ReasonCode } from '../reasons.ts';
import { Refused } from '../refused.ts';
import { admitByGrant, type GrantedAdmission } from './admission.ts';

/** What no grant admits: messages of which nobody can say where they end, or that nobody has read whole. */
const neverGranted: ReadonlySet<ReasonCode> = new Set(['too_large', 'framing_ambiguous', 'body_incomplete']);

/**
 * What happens to a refused request: a monitor or break-glass grant of the vendor that is in force admits it, and says why it
 * would have been refused; else it throws the refusal (`fromHere`). `now` in whole seconds since 1970. Grants bear on
 * single requests only: without a bundle that is in force, there is no grant either.
 */
export function admitInstead(
  refused: Refused,
  allowlist: Allowlist,
  freshness: Freshness,
  now: number,
): GrantedAdmission {
  if (!neverGranted.has(refused.code)) {
    const why = { code: refused.code, message: refused.message };
    const breakGlass = allowlist.breakGlass(now);
    if (breakGlass !== null) return admitByGrant('breakGlass', breakGlass, why, freshness);
    const monitor = allowlist.monitor(now);
    if (monitor !== null) return admitByGrant('monitored', monitor, why, freshness);
  }
  throw fromHere(refused, allowlist.deployment, now);
}

/**
 * The same refusal, saying which deployment this is, for clients that use it for the first time or were sent elsewhere, and
 * what time it is here, for clients with a wrong clock. `now` in whole seconds since 1970.
 */
export function fromHere({ code, seen, members }: Refused, deployment: string, now: number): Refused {
  return new Refused(code, seen, { ...members, deployment, serverTime: now });
}
