import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admission, HeadAdmission } from '../http/admission.ts';
import {
  admissionOf as admissionOfRequest,
  bodyChecked as bodyCheckedOf,
  demandCapability,
  requireCapabilityName,
} from '../http/admissions.ts';
import type { Answer } from '../http/node-answer.ts';
import { createGuard, type HeadChecker } from '../http/node-guard.ts';
import { receivedTarget } from '../http/node-request.ts';
import { answerTo } from '../http/problem.ts';
import type { ProtectOptions } from '../http/protect-options.ts';
import { appOfSession as appOfSessionOf, requireAppOfSession } from '../http/session-app.ts';
import { Refused } from '../refused.ts';
import { marked } from '../self-test/marks.ts';

export type { Admission, AppAdmission, AppHead, GrantedAdmission, HeadAdmission } from '../http/admission.ts';
export type { HeadChecker } from '../http/node-guard.ts';
export type { ProtectOptions } from '../http/protect-options.ts';

/** The part of a Koa context that these middlewares use. Koa's own fits it, without a dependency on Koa. */
export type KoaContext = {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly originalUrl: string;
  readonly state: object;
  status: number;
  body: unknown;
  set(name: string, value: string): void;
  vary(name: string): void;
};
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Koa middleware that lets a request through to what follows only when the verifier admits it, and answers refusals itself, as
 * problem details (SPEC §11). Put it first: before routers, body parsers and whatever rewrites URLs.
 *
 * Handlers find the admission with `admissionOf`, and in `ctx.state.appwarrant`. The body has been read and put back: body parsers and
 * `ctx.req` give the very bytes that were checked (what a grant alone admits is not read); on paths of `streaming` it is checked as it
 * is read. Browsers' preflights are answered here, and so are refusals that handlers throw. Speaks HTTP/1.1: put HTTP/2 and TLS before it.
 * Throws `RangeError` and `TypeError` for options that are none.
 */
export function protect(verifier: HeadChecker, options: ProtectOptions = {}): KoaMiddleware {
  const guard = createGuard(verifier, options);
  const middleware: KoaMiddleware = async (context, next) => {
    const { req, res, originalUrl } = context;
    const ruling = await guard(req, res, req.url === originalUrl ? receivedTarget(req) : null);
    if (ruling.kind === 'answered') {
      answer(context, ruling.answer);
      return;
    }
    setHeaders(context, ruling.headers);
    if (ruling.admission !== null) Object.assign(context.state, { appwarrant: ruling.admission });
    await orRefuse(context, next);
  };
  return marked(middleware, { kind: 'protect', exempt: [...(options.exempt ?? [])] });
}

/**
 * Koa middleware for a routed handler: the request must come from an app that the vendor approved for this capability
 * (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any proof.
 */
export function requireCapability(capability: string): KoaMiddleware {
  requireCapabilityName(capability);
  const middleware: KoaMiddleware = async (context, next) => {
    await orRefuse(context, async () => {
      Object.assign(context.state, { appwarrant: demandCapability(context.req, capability) });
      await next();
    });
  };
  return marked(middleware, { kind: 'capability', capability });
}

/**
 * Koa middleware that refuses what comes from another app than the one that has begun the user's session (`session_other_app`). `keptOf`
 * gives what `appOfSession` said then, or null where the request belongs to no session. Anything else is another app.
 */
export function requireSameApp<Context extends KoaContext>(
  keptOf: (context: Context) => unknown,
): (context: Context, next: () => Promise<unknown>) => Promise<void> {
  return async (context, next) => {
    await orRefuse(context, async () => {
      requireAppOfSession(context.req, await keptOf(context));
      await next();
    });
  };
}

/** Which app sends this request, to be kept with the session that it begins. Throws `not_protected`. */
export function appOfSession(context: Pick<KoaContext, 'req'>): string {
  return appOfSessionOf(context.req);
}

/** Who sent this request. Without a receipt while a streamed body is coming: see `bodyChecked`. Throws `not_protected`. */
export function admissionOf(context: Pick<KoaContext, 'req'>): HeadAdmission {
  return admissionOfRequest(context.req);
}

/** The final admission, with its receipt, once the body has been checked. Rejects with `Refused` when it is not the one that was signed. */
export function bodyChecked(context: Pick<KoaContext, 'req'>): Promise<Admission> {
  return bodyCheckedOf(context.req);
}

/** A refusal that a handler throws is answered like any other; whatever else it throws goes on to Koa. */
async function orRefuse(context: KoaContext, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // A streamed body that was refused has its answer already.
    if (!context.res.headersSent) answer(context, answerTo(error));
  }
}

function answer(context: KoaContext, { status, headers, body }: Answer): void {
  context.status = status;
  setHeaders(context, headers);
  if (body !== '') context.body = body;
}

function setHeaders(context: KoaContext, headers: Answer['headers']): void {
  for (const [name, value] of headers) {
    if (name === 'Vary') context.vary(value);
    else context.set(name, value);
  }
}
