import type { IncomingMessage, ServerResponse } from 'node:http';
import { demandCapability, requireCapabilityName } from '../http/admissions.ts';
import { sendAnswer, setHeaders } from '../http/node-answer.ts';
import { answerFault } from '../http/node-fault.ts';
import { createGuard, type HeadChecker } from '../http/node-guard.ts';
import { answerTo } from '../http/problem.ts';
import type { ProtectOptions } from '../http/protect-options.ts';
import { requireAppOfSession } from '../http/session-app.ts';
import { Refused } from '../refused.ts';
import { marked } from '../self-test/marks.ts';

export { admissionOf, bodyChecked } from '../http/admissions.ts';
export { appOfSession } from '../http/session-app.ts';
export type { Admission, AppAdmission, AppHead, GrantedAdmission, HeadAdmission } from '../http/admission.ts';
export type { HeadChecker } from '../http/node-guard.ts';
export type { ProtectOptions } from '../http/protect-options.ts';

/** The part of an Express request that these middlewares use. Express' own fits it, without a dependency on Express. */
export type ExpressRequest = IncomingMessage & { readonly originalUrl: string; readonly baseUrl: string };
export type ExpressMiddleware<Sent extends ExpressRequest = ExpressRequest> = (
  request: Sent,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * Express middleware that lets a request through to what follows only when the verifier admits it, and answers refusals itself, as
 * problem details (SPEC §11). Put it first: before routers, body parsers and whatever rewrites URLs.
 *
 * Handlers find the admission with `admissionOf(request)`. The body has been read and put back: body parsers give the very bytes that
 * were checked (what a grant alone admits is not read); on paths of `streaming` it is checked as it is read. Browsers' preflights
 * are answered here. Speaks HTTP/1.1: put HTTP/2 and TLS before it. Throws `RangeError` and `TypeError` for options that are none.
 */
export function protect(verifier: HeadChecker, options: ProtectOptions = {}): ExpressMiddleware {
  const guard = createGuard(verifier, options);
  const middleware: ExpressMiddleware = async (request, response, next) => {
    try {
      const ruling = await guard(request, response, receivedTarget(request));
      if (ruling.kind === 'answered') {
        sendAnswer(response, ruling.answer);
        return;
      }
      // Somebody has gone past this, by calling `next` twice, and has answered: what is left of the order of things is nobody's.
      if (response.headersSent) return;
      setHeaders(response, ruling.headers);
    } catch (fault) {
      // Not to `next`: an error handler that goes on would go on to the routes.
      sendAnswer(response, answerFault(fault));
      return;
    }
    next();
  };
  return marked(middleware, { kind: 'protect', exempt: [...(options.exempt ?? [])] });
}

/**
 * Express middleware for a routed handler: the request must come from an app that the vendor approved for this capability
 * (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any proof.
 */
export function requireCapability(capability: string): ExpressMiddleware {
  requireCapabilityName(capability);
  const middleware = before((request) => {
    demandCapability(request, capability);
  });
  return marked(middleware, { kind: 'capability', capability });
}

/**
 * Express middleware that refuses what comes from another app than the one that has begun the user's session (`session_other_app`).
 * `keptOf` gives what `appOfSession` said then, or null where the request belongs to no session. Anything else is another app.
 */
export function requireSameApp<Sent extends ExpressRequest>(
  keptOf: (request: Sent) => unknown,
): ExpressMiddleware<Sent> {
  return before(async (request: Sent) => {
    requireAppOfSession(request, await keptOf(request));
  });
}

/** Middleware that goes on when `demand` returns, and answers the refusal that it throws. */
function before<Sent extends ExpressRequest>(
  demand: (request: Sent) => void | Promise<void>,
): ExpressMiddleware<Sent> {
  return async (request, response, next) => {
    try {
      await demand(request);
    } catch (error) {
      if (error instanceof Refused) sendAnswer(response, answerTo(error));
      else next(error);
      return;
    }
    next();
  };
}

/** The target as it was received; null where it was rewritten. Below a path where something is mounted, Express takes that path off. */
function receivedTarget({ url = '', originalUrl, baseUrl }: ExpressRequest): string | null {
  // `/api?a=b` is `/?a=b` to what is mounted at `/api`.
  const bare = baseUrl !== '' && /^\/(?:\?|$)/.test(url) ? baseUrl + url.slice(1) : undefined;
  return originalUrl === baseUrl + url || originalUrl === bare ? originalUrl : null;
}
