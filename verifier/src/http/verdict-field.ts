import { Refused } from '../refused.ts';
import type { HeadAdmission } from './admission.ts';

/** How a request was judged, as one header field says it to whoever is debugging. Every part of it is ASCII by its own format. */
export function verdictField(verdict: HeadAdmission | Refused | 'exempt'): string {
  if (verdict === 'exempt') return 'exempt';
  if (verdict instanceof Refused) return `refused;code=${verdict.code}`;
  if (verdict.kind !== 'app') return `${verdict.kind};code=${verdict.refused.code}`;
  const build = verdict.build === 'unproven' ? 'unproven' : verdict.build.id;
  return `admitted;partner=${verdict.partner.id};app=${verdict.app.id};build=${build};freshness=${verdict.freshness}`;
}
