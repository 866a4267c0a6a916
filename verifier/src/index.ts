// The verifier, as a server uses it: open it over its state folder, load bundles, check requests.

export { openVerifier } from './open-verifier.ts';
export type { Verifier, VerifierOptions } from './open-verifier.ts';
export type { AllowlistStatus, Status } from './status.ts';
export type { Admission, AppAdmission, GrantedAdmission } from './http/admission.ts';
export type { PendingAdmission } from './http/check.ts';
export type { ObservedPending } from './observe.ts';
export type { Verdict } from './verdict.ts';
export type { RedactedHead } from './http/redacted-head.ts';
export type { RequestToCheck } from './http/request-head.ts';
export type { ClaimAnswer, ReplayStore } from './replay-store/replay-store.ts';
export { Refused } from './refused.ts';
export type { ProblemMembers } from './refused.ts';
export { reasonCodes, reasons } from './reasons.ts';
export type { ReasonCode } from './reasons.ts';
