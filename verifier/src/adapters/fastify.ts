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
import { answerTo } from '../http/problem.ts';
import type { ProtectOptions } from '../http/protect-options.ts';
import { appOfSession as appOfSessionOf, requireAppOfSession } from '../http/session-app.ts';
import { Refused } from '../refused.ts';
import { marked } from '../self-test/marks.ts';
import { completeInjected } from './fastify/injected.ts';
import { requireOutermost } from './fastify/outermost.ts';

export type { Admission, AppAdmission, AppHead, GrantedAdmission, HeadAdmission } from '../http/admission.ts';
export type { HeadChecker } from '../http/node-guard.ts';
export type { ProtectOptions } from '../http/protect-options.ts';

/** The parts of Fastify that these hooks use. Fastify's own fit them, without a dependency on Fastify. */
export type FastifyRequest = { readonly raw: IncomingMessage; readonly originalUrl: string };
export type FastifyReply = {
  readonly raw: ServerResponse;
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body?: Uint8Array): unknown;
};
export type FastifyHook<Sent extends FastifyRequest = FastifyRequest> = (
  request: Sent,
  reply: FastifyReply,
) => Promise<unknown>;
export type FastifyInstance = { addHook(name: 'onRequest', hook: FastifyHook): unknown };
export type FastifyPlugin = (
  instance: FastifyInstance,
  options: object,
  done: (error?: Error) => void,
) => void;

/**
 * A Fastify plugin that lets a request through to what follows only when the verifier admits it, and answers refusals itself, as
 * problem details (SPEC §11). Register it on the root instance, before any other hook; routes, plugins and 404 handlers are behind it
 * wherever they stand. The start fails where it is registered in an encapsulated plugin, or after a hook that would run first.
 *
 * Handlers find the admission with `admissionOf(request)`. The body has been read and put back: content-type parsers are given the
 * very bytes that were checked (what a grant alone admits is not read); on paths of `streaming` it is checked as it is read. Browsers'
 * preflights are answered here. Speaks HTTP/1.1: put HTTP/2 and TLS before it. Throws `RangeError` and `TypeError` for options that are none.
 */
export function protect(verifier: HeadChecker, options: ProtectOptions = {}): FastifyPlugin {
  const guard = createGuard(verifier, options);

  const appwarrantProtect: FastifyHook = async (request, reply) => {
    const { raw, originalUrl } = request;
    completeInjected(raw);
    const ruling = await guard(raw, reply.raw, raw.url === originalUrl ? originalUrl : null);
    if (ruling.kind === 'answered') return answer(reply, ruling.answer);
    for (const [name, value] of ruling.headers) reply.header(name, value);
    return undefined;
  };
  marked(appwarrantProtect, { kind: 'protect', exempt: [...(options.exempt ?? [])] });

  const plugin: FastifyPlugin = (instance, _options, done) => {
    try {
      requireOutermost(instance);
    } catch (error) {
      // What a plugin throws, Fastify does not catch.
      done(error as Error);
      return;
    }
    instance.addHook('onRequest', appwarrantProtect);
    done();
  };
  // What Fastify asks of a plugin whose hooks are for the instance that it is registered on, and how its messages call it.
  return Object.defineProperties(plugin, {
    [Symbol.for('skip-override')]: { value: true },
    [Symbol.for('fastify.display-name')]: { value: 'appwarrant-protect' },
  });
}

/**
 * A hook for a route, `{ onRequest: requireCapability('orders:read') }`: the request must come from an app that the vendor approved
 * for this capability (`capability_missing`), behind `protect` (`not_protected`). A grant in force admits instead, as it admits without any
 * proof.
 */
export function requireCapability(capability: string): FastifyHook {
  requireCapabilityName(capability);
  const hook: FastifyHook = before(({ raw }) => {
    demandCapability(raw, capability);
  });
  // Fastify prints the names of hooks, and the self-test reads them there.
  Object.defineProperty(hook, 'name', { value: `requireCapability ${capability}` });
  return marked(hook, { kind: 'capability', capability });
}

/**
 * A hook that refuses what comes from another app than the one that has begun the user's session (`session_other_app`). `keptOf` gives
 * what `appOfSession` said then, or null where the request belongs to no session. Anything else is another app.
 */
export function requireSameApp<Sent extends FastifyRequest>(
  keptOf: (request: Sent) => unknown,
): FastifyHook<Sent> {
  return before(async (request: Sent) => {
    requireAppOfSession(request.raw, await keptOf(request));
  });
}

/** Which app sends this request, to be kept with the session that it begins. Throws `not_protected`. */
export function appOfSession(request: Pick<FastifyRequest, 'raw'>): string {
  return appOfSessionOf(request.raw);
}

/** Who sent this request. Without a receipt while a streamed body is coming: see `bodyChecked`. Throws `not_protected`. */
export function admissionOf(request: Pick<FastifyRequest, 'raw'>): HeadAdmission {
  return admissionOfRequest(request.raw);
}

/** The final admission, with its receipt, once the body has been checked. Rejects with `Refused` when it is not the one that was signed. */
export function bodyChecked(request: Pick<FastifyRequest, 'raw'>): Promise<Admission> {
  return bodyCheckedOf(request.raw);
}

/** A hook that goes on when `demand` returns, and answers the refusal that it throws. */
function before<Sent extends FastifyRequest>(
  demand: (request: Sent) => void | Promise<void>,
): FastifyHook<Sent> {
  return async (request, reply) => {
    try {
      await demand(request);
    } catch (error) {
      if (error instanceof Refused) return answer(reply, answerTo(error));
      throw error;
    }
    return undefined;
  };
}

/** Gives the reply, for which hooks and handlers of Fastify wait. */
function answer(reply: FastifyReply, { status, headers, body }: Answer): unknown {
  reply.code(status);
  for (const [name, value] of headers) reply.header(name, value);
  if (body === '') reply.send();
  // Bytes: Fastify would add a charset to the type of a text.
  else reply.send(Buffer.from(body));
  return reply;
}
