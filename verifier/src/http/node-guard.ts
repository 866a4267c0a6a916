import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refused } from '../refused.ts';
import type { HeadAdmission } from './admission.ts';
import { admissionOf, keepAdmission, settleAdmission } from './admissions.ts';
import { accessHeaders, isPreflight, preflightHeaders, type AccessHeaders } from './browser-access.ts';
import { contentDigest } from './digest-fields.ts';
import { drainBody, endsConnection } from './drain-body.ts';
import { sendAnswer, type Answer } from './node-answer.ts';
import { carriesBody, headOf, pathOf, requireHttp1, requireNoBody } from './node-request.ts';
import { answerTo } from './problem.ts';
import { readOptions, type Policy, type ProtectOptions } from './protect-options.ts';
import { readAndReplay } from './request-body.ts';
import type { RequestToCheck } from './request-head.ts';
import { checkAsItComes } from './stream-body.ts';
import { tellRefusals, type Asked, type HeadChecker } from './tell-refusals.ts';
import { verdictField } from './verdict-field.ts';

export type { HeadChecker } from './tell-refusals.ts';

/** What an adapter does with a request: it gives this answer, or passes the request on with these fields on whatever answer it gets. */
type Ruling =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | {
      readonly kind: 'passed';
      readonly headers: AccessHeaders;
      /** Null on an exempt path. */
      readonly admission: HeadAdmission | null;
    };

/**
 * Rules on a request of node:http before any handler sees it. `target` is the request target as the server received it, whatever a
 * framework has made of `request.url` since; null says that it was rewritten. Rejects with faults only, never with a refusal.
 */
export type Guard = (
  request: IncomingMessage,
  response: ServerResponse,
  target: string | null,
) => Promise<Ruling>;

/** Whose verdict it is that a request has. */
const admittedBy = new WeakMap<IncomingMessage, HeadChecker>();

/** What all adapters for Node's servers do. Throws `RangeError` and `TypeError` for options that are none. */
export function createGuard(verifier: HeadChecker, options: ProtectOptions): Guard {
  const policy = readOptions(options);
  const told = (verdict: Parameters<typeof verdictField>[0]): AccessHeaders =>
    policy.verdictHeader ? [['AppWarrant-Verdict', verdictField(verdict)]] : [];
  const refusal = (refused: Refused, isLast: boolean): Answer => {
    const { status, headers, body } = answerTo(refused);
    const closing: AccessHeaders = isLast ? [['Connection', 'close']] : [];
    return { status, headers: [...headers, ...told(refused), ...closing], body };
  };

  return async (request, response, target) => {
    let access: AccessHeaders = [];
    const rule = async (ask: (head: RequestToCheck) => Promise<Asked>): Promise<Ruling> => {
      requireHttp1(request);
      access = accessHeaders(request.headers, policy.origins);
      if (isPreflight(request.method, request.headers)) {
        const headers = [...access, ...preflightHeaders(request.headers, policy.origins)];
        return { kind: 'answered', answer: { status: 204, headers, body: '' } };
      }
      if (target === null) throw new Refused('not_protected', 'The URL was rewritten before protect().');
      if (policy.isExempt(pathOf(target))) {
        askForBody(request, response);
        return { kind: 'passed', headers: [...access, ...told('exempt')], admission: null };
      }
      // Where it stands twice, as before an app and in it, the second one knows: asked again, it would be a replay.
      if (admittedBy.get(request) === verifier)
        return { kind: 'passed', headers: access, admission: admissionOf(request) };
      const asked = await ask(headOf(request, target));
      askForBody(request, response);
      const admission = await judgeBody(
        request,
        asked,
        policy.isStreamed(pathOf(target)),
        (error) => {
          refuseLate(response, error instanceof Refused ? refusal(error, true) : undefined);
        },
        policy,
      );
      admittedBy.set(request, verifier);
      const where: AccessHeaders =
        admission.kind === 'app' ? [] : [['AppWarrant-Deployment', admission.deployment]];
      return { kind: 'passed', headers: [...access, ...where, ...told(admission)], admission };
    };
    try {
      return await tellRefusals(verifier, () => headOf(request, request.url ?? ''), rule);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const ends = endsConnection.has(error.code);
      if (!ends) await drainBody(request, response);
      // What is left of a body that was not read to its end must not be taken for the next request.
      const answer = refusal(error, ends || (error.code === 'too_large' && !request.complete));
      return { kind: 'answered', answer: { ...answer, headers: [...access, ...answer.headers] } };
    }
  };
}

/**
 * A server that listens to `checkContinue` has told nobody to go on yet: here its clients hear it, once their head has passed. Otherwise
 * Node has told them, and says so in a member that is its own; to be told twice does no harm (RFC 9110 §15.2).
 */
function askForBody({ headers }: IncomingMessage, response: ServerResponse & { _sent100?: boolean }): void {
  const isAsked = headers.expect?.toLowerCase() === '100-continue';
  if (isAsked && response._sent100 !== true && !response.headersSent) response.writeContinue();
}

/** Binds the body: reads it whole, or has it checked as the handler reads it. */
async function judgeBody(
  request: IncomingMessage,
  { pending, note }: Asked,
  isStreamed: boolean,
  refuse: (error: unknown) => void,
  { maxBodyBytes: most, bodySilence: silence }: Policy,
): Promise<HeadAdmission> {
  if (!carriesBody(request)) requireNoBody(request);
  const hasBody = pending.hasBody && carriesBody(request);
  if (hasBody && isStreamed) {
    const head = pending.proved();
    const checked = checkAsItComes(
      request,
      (digest) => settleAdmission(request, pending.finish(digest), note),
      refuse,
    );
    if (!(checked instanceof Promise)) return checked;
    // Whoever does not ask need not hear of it: the request's own end tells.
    checked.catch(() => undefined);
    keepAdmission(request, head, checked, note);
    return head;
  }
  const body = hasBody ? await readAndReplay(request, { most, silence }) : undefined;
  const admission = pending.finish(contentDigest(body));
  keepAdmission(request, admission, undefined, note);
  return admission;
}

/** Answers for a handler that is reading what turns out not to be what was signed; an answer that has begun is torn off. */
function refuseLate(response: ServerResponse, answer: Answer | undefined): void {
  if (response.writableEnded) return;
  if (answer === undefined || response.headersSent) {
    response.destroy();
    return;
  }
  sendAnswer(response, answer);
}
