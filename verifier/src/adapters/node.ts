import type { IncomingMessage, ServerResponse } from 'node:http';
import { demandCapability, requireCapabilityName } from '../http/admissions.ts';
import { sendAnswer, setHeaders } from '../http/node-answer.ts';
import { createGuard, type HeadChecker } from '../http/node-guard.ts';
import { answerTo } from '../http/problem.ts';
import type { ProtectOptions } from '../http/protect-options.ts';
import { Refused } from '../refused.ts';

export { admissionOf, bodyChecked } from '../http/admissions.ts';
export type { Admission, AppAdmission, AppHead, GrantedAdmission, HeadAdmission } from '../http/admission.ts';
export type { HeadChecker } from '../http/node-guard.ts';
export type { ProtectOptions } from '../http/protect-options.ts';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A request listener for `createServer` that calls yours only when the verifier admits the request, and answers refusals itself, as
 * problem details (SPEC §11).
 *
 * Your listener finds the admission with `admissionOf(request)`. The body has been read and put back: the request gives the very bytes
 * that were checked (what a grant alone admits is not read); on paths of `streaming` it is checked as it is read. Browsers'
 * preflights are answered here. Speaks HTTP/1.1: put HTTP/2 and TLS before it. Throws `RangeError` and `TypeError` for options
 * that are none. What fails before your listener is answered with 500; what it throws or rejects with is as if it stood alone.
 */
export function protect(
  verifier: HeadChecker,
  options: ProtectOptions,
  listener: RequestListener,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const guard = createGuard(verifier, options);
  if (typeof listener !== 'function') throw new TypeError('protect takes a listener.');
  return async (request, response) => {
    const ruling = await guard(request, response, request.url ?? '');
    if (ruling.kind === 'answered') {
      sendAnswer(response, ruling.answer);
      return;
    }
    setHeaders(response, ruling.headers);
    await listener(request, response);
  };
}

/**
 * The same listener for one route: it is called only when the request comes from an app that the vendor approved for this capability
 * (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any proof.
 */
export function requireCapability(capability: string, listener: RequestListener): RequestListener {
  requireCapabilityName(capability);
  if (typeof listener !== 'function') throw new TypeError('requireCapability takes a listener.');
  return (request, response) => {
    try {
      demandCapability(request, capability);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      sendAnswer(response, answerTo(error));
      return undefined;
    }
    return listener(request, response);
  };
}
