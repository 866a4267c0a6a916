import type { Allowlist } from '../allowlist.ts';
import type { ReasonCode } from '../reasons.ts';
import type { Refused } from '../refused.ts';
import type { GrantInForce } from './admission.ts';

/** What no grant admits: messages of which nobody can say where they end, or that nobody has read whole. */
const never: ReadonlySet<ReasonCode> = new Set(['too_large', 'framing_ambiguous', 'body_incomplete']);

/** The grant of the vendor that is in force at `now` (whole seconds) and admits what would be refused; null without one. */
export function grantInForce(allowlist: Allowlist, now: number): GrantInForce | null {
  const breakGlass = allowlist.breakGlass(now);
  const grant = breakGlass ?? allowlist.monitor(now);
  if (grant === null) return null;
  const { statement, custom } = grant;
  const kind = breakGlass === null ? 'monitored' : 'breakGlass';
  return { kind, statement, reason: custom.reason, expires: custom.expires };
}

/** Whether a grant may admit a request that is refused in this way. */
export function isGrantable(refused: Refused): boolean {
  return !never.has(refused.code);
}
