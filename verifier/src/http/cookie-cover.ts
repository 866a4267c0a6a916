import type { KeyMatch } from '../allowlist.ts';
import type { AppAdmission } from './admission.ts';
import { requireCookieCoverage } from './coverage.ts';
import type { RequestHead } from './request-head.ts';
import type { Proof } from './unverified-proof.ts';

/** How the request's cookie is tied to the app (SPEC §10.7). Throws `proof_coverage`. */
export function judgeCookie({ fields }: RequestHead, proof: Proof, match: KeyMatch): AppAdmission['cookie'] {
  if (!fields.values.has('cookie')) return 'none';
  if (proof.components.includes('cookie-digest')) return 'bound';
  // The exception is for scripts in browsers, and a key that also stands in a build for anything else is none of theirs.
  if (!match.entries.every((entry) => entry.custom.build.platform === 'web'))
    requireCookieCoverage(proof.components);
  return 'unbound';
}
