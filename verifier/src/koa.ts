import type { IncomingMessage } from 'node:http';
import { admitBeyond, type Admission } from './http/admission.ts';
import { accessHeaders, isPreflight, preflightHeaders } from './http/browser-access.ts';
import type { PendingAdmission } from './http/check.ts';
import { contentDigest } from './http/digest-fields.ts';
import type { RawHeaders } from './http/header-fields.ts';
import { answerTo } from './http/problem.ts';
import { readAndReplay } from './http/request-body.ts';
import type { RequestToCheck } from './http/request-head.ts';
import { capabilityPattern } from './ids.ts';
import { Refused } from './refused.ts';

export type { Admission, AppAdmission, GrantedAdmission } from './http/admission.ts';

/** The part of a Koa context that these middlewares use. Koa's own fits it, without a dependency on Koa. */
export type KoaContext = {
  readonly req: IncomingMessage;
  readonly originalUrl: string;
  readonly state: object;
  status: number;
  body: unknown;
  set(name: string, value: string): void;
  vary(name: string): void;
};
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

export type ProtectOptions = {
  /** Paths that need no proof, such as `/healthz`: compared with the raw path, whole and exact. No capability is had there. */
  readonly exempt?: readonly string[];
  /**
   * The longest body, in bytes: 16 MiB, or less. Bodies are held in memory until they have been checked; for longer ones, digest them
   * as they come, with `checkHead`.
   */
  readonly maxBodyBytes?: number;
  /** Origins whose pages may call this API from browsers (CORS). None by default. */
  readonly browserOrigins?: readonly string[];
};

/**
 * The verdicts of requests that are being served. Handlers read `ctx.state.appwarrant`; what admits them is kept here, where no
 * other middleware writes.
 */
const admissions = new WeakMap<IncomingMessage, Admission>();

/** SPEC §12: the longest body that is held in memory. Options narrow, and never widen. */
const mostOfBody = 16 * 1024 * 1024;

/**
 * Koa middleware that lets a request through to what follows only when the verifier admits it, and answers refusals itself, as
 * problem details (SPEC §11). Put it first: before routers, body parsers and whatever rewrites URLs.
 *
 * Handlers find the `Admission` in `ctx.state.appwarrant`. The body has been read and put back: body parsers and `ctx.req` give
 * the very bytes that were checked (what a grant alone admits is not read). Browsers' preflights are answered here. Speaks HTTP/1.1: put HTTP/2 and TLS before it.
 * Throws `RangeError` for a `maxBodyBytes` that is none, `TypeError` for lists that are none.
 */
export function protect(
  verifier: { checkHead(request: RequestToCheck): PendingAdmission },
  options: ProtectOptions = {},
): KoaMiddleware {
  const { maxBodyBytes = mostOfBody } = options;
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0 || maxBodyBytes > mostOfBody)
    throw new RangeError(`maxBodyBytes is 0 to ${String(mostOfBody)}, and not ${String(maxBodyBytes)}.`);
  const exempt = setOf('exempt', options.exempt);
  const origins = setOf('browserOrigins', options.browserOrigins);

  return async (context, next) => {
    const { req } = context;
    for (const [name, value] of accessHeaders(req.headers, origins)) {
      if (name === 'Vary') context.vary(value);
      else context.set(name, value);
    }
    if (isPreflight(req.method, req.headers)) {
      for (const [name, value] of preflightHeaders(req.headers, origins)) context.set(name, value);
      context.status = 204;
      return;
    }
    if (exempt.has(pathOf(req))) {
      await next();
      return;
    }
    let admission: Admission;
    try {
      if (req.url !== context.originalUrl)
        throw new Refused('not_protected', 'The URL was rewritten before protect().');
      const pending = verifier.checkHead({
        method: req.method ?? '',
        target: req.url ?? '',
        headers: pairsOf(req.rawHeaders),
      });
      const body = pending.hasBody && carriesBody(req) ? await readAndReplay(req, maxBodyBytes) : undefined;
      admission = pending.finish(contentDigest(body));
    } catch (error) {
      answer(context, error);
      return;
    }
    if (admission.kind !== 'app') context.set('AppWarrant-Deployment', admission.deployment);
    keep(context, admission);
    await next();
  };
}

/**
 * Koa middleware for a routed handler: the request must come from an app that the vendor approved for this capability
 * (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any proof.
 */
export function requireCapability(capability: string): KoaMiddleware {
  if (!capabilityPattern.test(capability))
    throw new TypeError(`${JSON.stringify(capability)} is not a capability.`);
  return async (context, next) => {
    const admission = admissions.get(context.req);
    if (admission === undefined) {
      answer(context, new Refused('not_protected'));
      return;
    }
    if (admission.kind === 'app' && !admission.capabilities.includes(capability)) {
      const refused = new Refused('capability_missing', `It needs the capability ${capability}.`);
      if (admission.grant === null) {
        answer(context, refused);
        return;
      }
      keep(context, admitBeyond(admission, admission.grant, refused));
    }
    await next();
  };
}

/** A text is a list of characters to JavaScript: each would be an exempt path of its own. */
function setOf(name: string, list: readonly string[] = []): ReadonlySet<string> {
  if (!Array.isArray(list)) throw new TypeError(`${name} is a list.`);
  return new Set(list);
}

function keep(context: KoaContext, admission: Admission): void {
  admissions.set(context.req, admission);
  Object.assign(context.state, { appwarrant: admission });
}

/** Answers a refusal; whatever else was thrown is a fault, and goes on to Koa. */
function answer(context: KoaContext, error: unknown): void {
  if (!(error instanceof Refused)) throw error;
  const { status, headers, body } = answerTo(error);
  context.status = status;
  for (const [name, value] of headers) context.set(name, value);
  // What is left of a body that was not read to its end must not be taken for the next request.
  if (error.code === 'too_large' || error.code === 'framing_ambiguous') context.set('Connection', 'close');
  context.body = body;
}

function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** By the framing that the HTTP parser followed: a digest alone brings no body. */
function carriesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** `rawHeaders` and not `headers`: Node folds repeated fields into one, or drops the second. */
function pairsOf(raw: readonly string[]): RawHeaders {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] as string, raw[i + 1] as string]);
  return pairs;
}
