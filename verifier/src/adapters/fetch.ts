import { demandCapability, requireCapabilityName } from '../http/admissions.ts';
import { answerTo } from '../http/problem.ts';
import type { HeadChecker } from '../http/node-guard.ts';
import type { ProtectOptions } from '../http/protect-options.ts';
import { requireAppOfSession } from '../http/session-app.ts';
import { Refused } from '../refused.ts';
import { marked, markOf, type Mark } from '../self-test/marks.ts';
import { responseOf, withHeaders } from './fetch/fetch-answer.ts';
import { createFetchGuard } from './fetch/fetch-guard.ts';

export { admissionOf, bodyChecked } from '../http/admissions.ts';
export { appOfSession } from '../http/session-app.ts';
export type { Admission, AppAdmission, AppHead, GrantedAdmission, HeadAdmission } from '../http/admission.ts';
export type { HeadChecker } from '../http/node-guard.ts';
export type { ProtectOptions } from '../http/protect-options.ts';

/** What answers requests: `fetch` of a Hono app, a route of Next, what `Deno.serve` and `Bun.serve` are given. */
export type FetchHandler<Rest extends unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>;

/** Puts something before a handler, and gives a handler. */
export type Around = <Rest extends unknown[]>(
  handler: FetchHandler<Rest>,
) => (request: Request, ...rest: Rest) => Promise<Response>;

/** The part of a Hono context that `forHono` uses. Hono's own fits it, without a dependency on Hono. */
export type HonoContext = { readonly req: { raw: Request }; res: Response };
export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<void>;

/**
 * Wraps handlers of the Fetch API: each is called only when the verifier admits the request, and refusals are answered as problem
 * details (SPEC §11). Wrap the outermost one, which the server itself calls.
 *
 * The handler is given a request with the very bytes that were checked; the same request where there is no body to check (what a grant
 * alone admits is not read); on paths of `streaming`, one whose body fails before its last bytes unless it is the one that was signed.
 * `admissionOf(request)` takes the request that the handler was given. Browsers' preflights are answered here.
 * Throws `RangeError` and `TypeError` for options that are none, and for a handler that is none.
 */
export function protect(verifier: HeadChecker, options: ProtectOptions = {}): Around {
  const guard = createFetchGuard(verifier, options);
  const mark: Mark = { kind: 'protect', exempt: [...(options.exempt ?? [])] };
  const around = <Rest extends unknown[]>(handler: FetchHandler<Rest>) => {
    requireHandler(handler);
    const protectedHandler = async (request: Request, ...rest: Rest): Promise<Response> => {
      const ruling = await guard(request);
      if (ruling.kind === 'answered') return ruling.response;
      const { refusedLate } = ruling;
      try {
        const response = await handler(ruling.request, ...rest);
        return refusedLate() ?? withHeaders(response, ruling.headers);
      } catch (error) {
        // What a handler throws because the body failed is no fault of its own, and a refusal that it throws is one.
        const response = refusedLate(error);
        if (response === undefined) throw error;
        return response;
      }
    };
    return marked(protectedHandler, mark);
  };
  return marked(around, mark);
}

/**
 * Wraps the handler of a route: the request must come from an app that the vendor approved for this capability
 * (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any proof.
 */
export function requireCapability(capability: string): Around {
  requireCapabilityName(capability);
  const around = before((request) => {
    demandCapability(request, capability);
  });
  const mark: Mark = { kind: 'capability', capability };
  const marking = <Rest extends unknown[]>(handler: FetchHandler<Rest>) => marked(around(handler), mark);
  return marked(marking, mark);
}

/**
 * Wraps a handler that refuses what comes from another app than the one that has begun the user's session (`session_other_app`). `keptOf`
 * gives what `appOfSession` said then, or null where the request belongs to no session. Anything else is another app.
 */
export function requireSameApp(keptOf: (request: Request) => unknown): Around {
  return before(async (request) => {
    requireAppOfSession(request, await keptOf(request));
  });
}

/** Calls the handler when `demand` returns, and answers the refusal that it throws. */
function before(demand: (request: Request) => void | Promise<void>): Around {
  return <Rest extends unknown[]>(handler: FetchHandler<Rest>) => {
    requireHandler(handler);
    return async (request: Request, ...rest: Rest): Promise<Response> => {
      try {
        await demand(request);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return responseOf(answerTo(error));
      }
      return handler(request, ...rest);
    };
  };
}

/**
 * Hono middleware of what wraps handlers: `app.use(forHono(protect(verifier)))` before every route, and
 * `app.get('/orders', forHono(requireCapability('orders:read')), …)`. Handlers have the checked request as `c.req.raw`, and read its body
 * with `c.req.json()` as ever. Routes that were added before it are not behind it: `protect(verifier)(app.fetch)` has them all behind it.
 */
export function forHono(around: Around): HonoMiddleware {
  const middleware: HonoMiddleware = async (context, next) => {
    let inner: Response | undefined;
    const outer = await around(async (request: Request) => {
      context.req.raw = request;
      await next();
      inner = context.res;
      return inner;
    })(context.req.raw);
    if (outer !== inner) context.res = outer;
  };
  const mark = markOf(around);
  return mark === undefined ? middleware : marked(middleware, mark);
}

function requireHandler(handler: unknown): void {
  if (typeof handler !== 'function') throw new TypeError('A handler is a function.');
}
