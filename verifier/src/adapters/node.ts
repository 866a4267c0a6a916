import type { IncomingMessage, ServerResponse } from 'node:http';
import { demandCapability, requireCapabilityName } from '../http/admissions.ts';
import { sendAnswer, setHeaders } from '../http/node-answer.ts';
import { answerFault } from '../http/node-fault.ts';
import { createGuard, type HeadChecker } from '../http/node-guard.ts';
import { receivedTarget } from '../http/node-request.ts';
import { guardUpgrade, type UpgradeListener } from '../http/node-upgrade.ts';
import { answerTo } from '../http/problem.ts';
import type { ProtectOptions } from '../http/protect-options.ts';
import { requireAppOfSession } from '../http/session-app.ts';
import { Refused } from '../refused.ts';
import { marked } from '../self-test/marks.ts';

export { admissionOf, bodyChecked } from '../http/admissions.ts';
export { appOfSession } from '../http/session-app.ts';
export type { UpgradeListener } from '../http/node-upgrade.ts';
export type { Admission, AppAdmission, AppHead, GrantedAdmission, HeadAdmission } from '../http/admission.ts';
export type { HeadChecker } from '../http/node-guard.ts';
export type { ProtectOptions } from '../http/protect-options.ts';

/** As node:http calls a listener of `request`. What it returns is awaited where it is wrapped, and means nothing to Node. */
export type RequestListener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A request listener for `createServer`, and for a server's `checkContinue`, that calls yours only when the verifier admits the request,
 * and answers refusals itself, as problem details (SPEC §11).
 *
 * Your listener finds the admission with `admissionOf(request)`. The body has been read and put back: the request gives the very bytes
 * that were checked (what a grant alone admits is not read); on paths of `streaming` it is checked as it is read. Browsers'
 * preflights are answered here, and so are refusals that your listener throws; what else it throws or rejects with is as if it stood alone.
 * Speaks HTTP/1.1: put HTTP/2 and TLS before it. Connections that are upgraded go by it: see `protectUpgrade`.
 * Throws `RangeError` and `TypeError` for options that are none, and for a listener that is none.
 */
export function protect(
  verifier: HeadChecker,
  options: ProtectOptions,
  listener: RequestListener,
): RequestListener {
  const guard = createGuard(verifier, options);
  requireListener(listener);
  const protectedListener: RequestListener = async (request, response) => {
    const ruling = await guard(request, response, receivedTarget(request)).catch((fault: unknown) => {
      return { kind: 'answered', answer: answerFault(fault) } as const;
    });
    if (ruling.kind === 'answered') {
      sendAnswer(response, ruling.answer);
      return;
    }
    setHeaders(response, ruling.headers);
    await orRefuse(response, () => listener(request, response));
  };
  return marked(protectedListener, { kind: 'protect', exempt: [...(options.exempt ?? [])] });
}

/**
 * A listener for a server's `upgrade` event that calls yours only when the verifier admits the request: a WebSocket, say. Refusals are
 * written to the connection, which then ends. Without it, a listener of `upgrade` is behind no check.
 */
export function protectUpgrade(verifier: HeadChecker, listener: UpgradeListener): UpgradeListener {
  requireListener(listener);
  return marked(guardUpgrade(verifier, listener), { kind: 'protect', exempt: [] });
}

/**
 * The same listener for one route: it is called only when the request comes from an app that the vendor approved for this capability
 * (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any proof.
 */
export function requireCapability(capability: string, listener: RequestListener): RequestListener {
  requireCapabilityName(capability);
  requireListener(listener);
  const demanding: RequestListener = (request, response) =>
    orRefuse(response, () => {
      demandCapability(request, capability);
      return listener(request, response);
    });
  return marked(demanding, { kind: 'capability', capability });
}

/**
 * The same listener, called only for the app that has begun the user's session (`session_other_app`). `keptOf` gives what `appOfSession`
 * said then, or null where the request belongs to no session. Anything else is another app.
 */
export function requireSameApp(
  keptOf: (request: IncomingMessage) => unknown,
  listener: RequestListener,
): RequestListener {
  requireListener(listener);
  return (request, response) =>
    orRefuse(response, async () => {
      requireAppOfSession(request, await keptOf(request));
      return listener(request, response);
    });
}

/** A refusal that a listener throws is answered like any other. */
async function orRefuse(response: ServerResponse, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    sendAnswer(response, answerTo(error));
  }
}

function requireListener(listener: unknown): void {
  if (typeof listener !== 'function') throw new TypeError('A listener is a function.');
}
