import { capabilityPattern } from '../ids.ts';
import { Refused } from '../refused.ts';
import { admitBeyond, type Admission, type HeadAdmission } from './admission.ts';
import type { Note } from './tell-refusals.ts';

// The verdicts of requests that are being served, under the request itself, where no other middleware writes. What a framework keeps
// beside its requests (`ctx.state`, `req.user`) is for handlers to read, and decides nothing.

type Kept = {
  /** What counts: a grant may have let a request go further than what it has proved. */
  admission: HeadAdmission;
  /** What the check itself has found. */
  proved: HeadAdmission;
  /** The final admission, where the body was still to come when the handler began. */
  readonly checked: Promise<Admission> | undefined;
  /** What handlers have demanded of a head, to be judged again with the body. */
  readonly demanded: string[];
  /** Tells those who watch of what is refused later. */
  readonly note: Note | undefined;
};

const admissions = new WeakMap<object, Kept>();

/**
 * Notes that a request was admitted. `checked` is for a body that is still coming; `note` is told of what is refused later, such as for want
 * of a capability.
 */
export function keepAdmission(
  request: object,
  admission: HeadAdmission,
  checked?: Promise<Admission>,
  note?: Note,
): void {
  admissions.set(request, { admission, proved: admission, checked, demanded: [], note });
}

/** Tells those who watch that an admitted request was refused after all, and gives the refusal back to be thrown. */
export function noted(
  request: object,
  refused: Refused,
  admission = admissions.get(request)?.admission,
): Refused {
  admissions
    .get(request)
    ?.note?.(refused, admission !== undefined && isFinal(admission) ? admission : undefined);
  return refused;
}

/**
 * Who sent this request, and what they may do. While a streamed body is coming, an app's admission has no receipt: await `bodyChecked`.
 * Throws `not_protected`, where `protect` has not run or exempts the path.
 */
export function admissionOf(request: object): HeadAdmission {
  return keptOf(request).admission;
}

/** What the check has found of this request, whatever a grant has let it do besides. Throws `not_protected`. */
export function provedOf(request: object): HeadAdmission {
  return keptOf(request).proved;
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
  kept.admission = notingRefusal(request, () => withCapability(kept.admission, capability));
  return kept.admission;
}

/** Takes the admission that came with the body, judged by all that was demanded of the head. Throws `capability_missing`. */
export function settleAdmission(request: object, admission: Admission, note?: Note): Admission {
  const kept = admissions.get(request);
  const demanded = kept?.demanded ?? [];
  const final = notingRefusal(
    request,
    () => finalOf(demanded.reduce<HeadAdmission>(withCapability, admission)),
    admission,
  );
  if (kept === undefined) keepAdmission(request, final, undefined, note);
  else {
    kept.admission = final;
    kept.proved = admission;
  }
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

function notingRefusal<T>(request: object, work: () => T, admission?: Admission): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Refused ? noted(request, error, admission) : error;
  }
}

function finalOf(admission: HeadAdmission): Admission {
  if (!isFinal(admission)) throw new TypeError('A head is no admission.');
  return admission;
}

function isFinal(admission: HeadAdmission): admission is Admission {
  return admission.kind !== 'app' || admission.receipt !== undefined;
}

function keptOf(request: object): Kept {
  const kept = admissions.get(request);
  if (kept === undefined) throw new Refused('not_protected');
  return kept;
}
