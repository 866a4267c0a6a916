import { capabilityPattern } from '../ids.ts';
import { Refused } from '../refused.ts';
import { admitBeyond, type Admission, type HeadAdmission } from './admission.ts';

// The verdicts of requests that are being served, under the request itself, where no other middleware writes. What a framework keeps
// beside its requests (`ctx.state`, `req.user`) is for handlers to read, and decides nothing.

type Kept = {
  admission: HeadAdmission;
  /** The final admission, where the body was still to come when the handler began. */
  readonly checked: Promise<Admission> | undefined;
  /** What handlers have demanded of a head, to be judged again with the body. */
  readonly demanded: string[];
};

const admissions = new WeakMap<object, Kept>();

/** Notes that a request was admitted. `checked` is for a body that is still coming. */
export function keepAdmission(request: object, admission: HeadAdmission, checked?: Promise<Admission>): void {
  admissions.set(request, { admission, checked, demanded: [] });
}

/**
 * Who sent this request, and what they may do. While a streamed body is coming, an app's admission has no receipt: await `bodyChecked`.
 * Throws `not_protected`, where `protect` has not run or exempts the path.
 */
export function admissionOf(request: object): HeadAdmission {
  return keptOf(request).admission;
}

/**
 * The final admission of this request, with its receipt: at once, or once the streamed body has come to its end and was the one that was
 * signed. Rejects with `not_protected`, `digest_mismatch`, `body_incomplete`, and with whatever has changed since the head passed.
 */
export async function bodyChecked(request: object): Promise<Admission> {
  const { admission, checked } = keptOf(request);
  return checked ?? finalOf(admission);
}

/**
 * The request's admission, which has the capability or rests on a grant: a grant in force admits instead, as it admits without any
 * proof. Throws `not_protected`, `capability_missing`.
 */
export function demandCapability(request: object, capability: string): HeadAdmission {
  const kept = keptOf(request);
  kept.demanded.push(capability);
  kept.admission = withCapability(kept.admission, capability);
  return kept.admission;
}

/** Takes the admission that came with the body, judged by all that was demanded of the head. Throws `capability_missing`. */
export function settleAdmission(request: object, admission: Admission): Admission {
  const kept = admissions.get(request);
  const final = finalOf((kept?.demanded ?? []).reduce<HeadAdmission>(withCapability, admission));
  if (kept === undefined) keepAdmission(request, final);
  else kept.admission = final;
  return final;
}

/** Throws `TypeError` for what is no capability: a route that nobody can have is a mistake. */
export function requireCapabilityName(capability: string): void {
  if (typeof capability !== 'string' || !capabilityPattern.test(capability))
    throw new TypeError(`${JSON.stringify(capability)} is not a capability.`);
}

function withCapability(admission: HeadAdmission, capability: string): HeadAdmission {
  if (admission.kind !== 'app' || admission.capabilities.includes(capability)) return admission;
  const refused = new Refused('capability_missing', `It needs the capability ${capability}.`);
  if (admission.grant === null) throw refused;
  return admitBeyond(admission, admission.grant, refused);
}

function finalOf(admission: HeadAdmission): Admission {
  if (admission.kind === 'app' && admission.receipt === undefined)
    throw new TypeError('A head is no admission.');
  return admission as Admission;
}

function keptOf(request: object): Kept {
  const kept = admissions.get(request);
  if (kept === undefined) throw new Refused('not_protected');
  return kept;
}
