import type { HeadAdmission } from '../../http/admission.ts';
import { keepAdmission, settleAdmission } from '../../http/admissions.ts';
import {
  accessHeaders,
  isPreflight,
  preflightHeaders,
  type AccessHeaders,
} from '../../http/browser-access.ts';
import { contentDigest } from '../../http/digest-fields.ts';
import { pathOf } from '../../http/node-request.ts';
import { answerTo } from '../../http/problem.ts';
import { readOptions, type Policy, type ProtectOptions } from '../../http/protect-options.ts';
import type { RequestToCheck } from '../../http/request-head.ts';
import { tellRefusals, type Asked, type HeadChecker } from '../../http/tell-refusals.ts';
import { verdictField } from '../../http/verdict-field.ts';
import { Refused } from '../../refused.ts';
import { responseOf } from './fetch-answer.ts';
import { checkWhileRead, drainBody, readWhole } from './fetch-body.ts';
import { headOfFetch } from './fetch-head.ts';

/** What is done with a request: it gets this response, or the handler gets `request`, and its response these fields. */
export type FetchRuling =
  | { readonly kind: 'answered'; readonly response: Response }
  | {
      readonly kind: 'passed';
      readonly request: Request;
      readonly headers: AccessHeaders;
      /**
       * The answer in place of the handler's, where the body turned out, as the handler read it, not to be the one that was signed, or
       * where the handler threw a refusal.
       */
      readonly refusedLate: (thrown?: unknown) => Response | undefined;
    };

/** By which verifier the head of a request has passed. */
const admittedBy = new WeakMap<Request, HeadChecker>();

/** Rules on Fetch requests before any handler sees them; rejects with faults only. Throws `RangeError` and `TypeError` for options that are none. */
export function createFetchGuard(
  verifier: HeadChecker,
  options: ProtectOptions,
): (request: Request) => Promise<FetchRuling> {
  const policy = readOptions(options);
  const told = (verdict: Parameters<typeof verdictField>[0]): AccessHeaders =>
    policy.verdictHeader ? [['AppWarrant-Verdict', verdictField(verdict)]] : [];
  const refusal = (refused: Refused, access: AccessHeaders): Response => {
    const { status, headers, body } = answerTo(refused);
    return responseOf({ status, headers: [...access, ...headers, ...told(refused)], body });
  };

  return async (request) => {
    const asked = {
      origin: request.headers.get('origin') ?? undefined,
      'access-control-request-method': request.headers.get('access-control-request-method') ?? undefined,
      'access-control-request-headers': request.headers.get('access-control-request-headers') ?? undefined,
    };
    const access = accessHeaders(asked, policy.origins);
    if (isPreflight(request.method, asked)) {
      const headers = [...access, ...preflightHeaders(asked, policy.origins)];
      return { kind: 'answered', response: responseOf({ status: 204, headers, body: '' }) };
    }
    const rule = async (ask: (head: RequestToCheck) => Promise<Asked>): Promise<FetchRuling> => {
      const head = headOfFetch(request);
      const path = pathOf(head.target);
      const passed = (
        handed: Request,
        headers: AccessHeaders,
        late?: () => Refused | undefined,
      ): FetchRuling => ({
        kind: 'passed',
        request: handed,
        headers: [...access, ...headers],
        refusedLate: (thrown) => {
          const refused = late?.() ?? (thrown instanceof Refused ? thrown : undefined);
          return refused === undefined ? undefined : refusal(refused, access);
        },
      });
      if (policy.isExempt(path)) return passed(request, told('exempt'));
      // Where it stands twice, as around an app and in it, the second one knows: asked again, it would be a replay.
      if (admittedBy.get(request) === verifier) return passed(request, []);
      const asked = await ask(head);
      const { handed, admission, late } = await bindBody(request, asked, policy, policy.isStreamed(path));
      admittedBy.set(handed, verifier);
      const where: AccessHeaders =
        admission.kind === 'app' ? [] : [['AppWarrant-Deployment', admission.deployment]];
      return passed(handed, [...where, ...told(admission)], late);
    };
    try {
      const { method, headers } = request;
      return await tellRefusals(verifier, () => ({ method, target: '', headers: [...headers] }), rule);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code !== 'body_timeout') await drainBody(request);
      return { kind: 'answered', response: refusal(error, access) };
    }
  };
}

type Bound = {
  readonly handed: Request;
  readonly admission: HeadAdmission;
  readonly late?: () => Refused | undefined;
};

/** Binds the body that the handler will read: read whole before, or checked as it is read. */
async function bindBody(
  request: Request,
  asked: Asked,
  { maxBodyBytes, bodySilence }: Policy,
  isStreamed: boolean,
): Promise<Bound> {
  const { pending, note } = asked;
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > maxBodyBytes && pending.hasBody && !isStreamed)
    throw new Refused('too_large', `The body is longer than ${String(maxBodyBytes)} bytes.`);
  // The body is looked at no sooner: servers that make one then (Hono on Node) do not read it away any more, and the answer is lost with it.
  if (request.bodyUsed || request.body?.locked === true)
    throw new Refused('not_protected', 'The body was read before protect().');
  // A server may give a body of which the head says nothing: it is read all the same, and must be the one that was signed, or empty.
  const isJudged = pending.hasBody || (request.body !== null && pending.proved().kind === 'app');
  if (!isJudged || request.body === null) {
    if (isJudged) requireLength(request.headers, 0);
    const admission = pending.finish(contentDigest(undefined));
    keepAdmission(request, admission, undefined, note);
    return { handed: request, admission };
  }
  const source = request.body;
  if (pending.hasBody && isStreamed) return bindStream(request, source, asked);
  const bytes = await readWhole(source, { most: maxBodyBytes, silence: bodySilence });
  requireLength(request.headers, bytes.length);
  const admission = pending.finish(contentDigest(bytes));
  const handed = withBody(request, bytes);
  keepAdmission(handed, admission, undefined, note);
  return { handed, admission };
}

function bindStream(request: Request, source: ReadableStream<Uint8Array>, { pending, note }: Asked): Bound {
  const { body, checked, refused } = checkWhileRead(source, (digest, length) => {
    requireLength(request.headers, length);
    return settleAdmission(handed, pending.finish(digest));
  });
  const handed = withBody(request, body);
  const admission = pending.proved();
  keepAdmission(handed, admission, checked, note);
  return { handed, admission, late: refused };
}

/** The same request with this body. Of the platform's own it keeps what every Fetch request has. */
function withBody(request: Request, body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>): Request {
  const { method, headers, signal } = request;
  return new Request(request.url, { method, headers: [...headers], signal, body, duplex: 'half' });
}

/** A body of another length than announced, or none where one was: `body_incomplete`. Fetch gives GET no body, whatever came. */
function requireLength(headers: Headers, length: number): void {
  const announced = headers.get('content-length');
  const isShort = length === 0 && headers.has('transfer-encoding');
  if (isShort || (announced !== null && Number(announced) !== length))
    throw new Refused('body_incomplete', `The body that was given has ${String(length)} bytes.`);
}
