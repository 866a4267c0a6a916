import { toBase64url } from '@appwarrant/verifier/formats/browser';
import type { AppKey } from './app-key.ts';
import type { PreparedRequest } from './prepare-request.ts';
import { readRefusal, type Refusal } from './refusal.ts';
import { SdkError } from './sdk-error.ts';
import { secondAttempt } from './second-attempt.ts';
import { signRequest } from './sign-request.ts';
import { firstDifference } from './first-difference.ts';

/** Our own clock, in whole seconds since 1970, and how far each server's was found to be from it. */
export interface Clock {
  readonly now: () => number;
  readonly offsets: Map<string, number>;
  /** By origin: what is signed as created earlier is refused, because the server has just started. */
  readonly earliest: Map<string, number>;
}

/** Who signs, for which deployment, and what vouches for the key where no approval lists it. */
export interface Sender {
  readonly key: AppKey;
  readonly deployment: string;
  readonly attestation: string | null;
}

/**
 * Signs and sends a request, and once more when the refusal was about time only and says how to be on time. A server that
 * calls itself another deployment than the one signed for ends it at once: `deployment_changed`, whatever else it says.
 * Throws `refused_by_server`, `redirected`, `request_unsignable`, and what `send` throws.
 */
export async function sendSigned(
  request: PreparedRequest,
  { key, deployment, attestation }: Sender,
  send: typeof fetch,
  clock: Clock,
): Promise<Response> {
  const attempt = async (created: number, challenge: string | null) => {
    const nonce = (challenge === null ? '' : `${challenge}.`) + randomText();
    const { headers, base } = await signRequest(request, key, { deployment, attestation, created, nonce });
    const answer = await send(request.url.href, {
      credentials: 'omit',
      ...request.rest,
      method: request.method,
      headers,
      body: request.body,
      redirect: 'manual',
    });
    const refusal = await readRefusal(answer);
    if (refusal !== null && refusal.deployment !== null && refusal.deployment !== deployment) {
      throw new SdkError('deployment_changed', changed(request, deployment, refusal.deployment), refusal);
    }
    return { answer, refusal, base };
  };

  const origin = request.url.origin;
  const now = clock.now();
  let { answer, refusal, base } = await attempt(
    Math.max(now + (clock.offsets.get(origin) ?? 0), clock.earliest.get(origin) ?? 0),
    null,
  );
  const timing = refusal === null ? null : secondAttempt(refusal, now);
  if (timing !== null) {
    void answer.body?.cancel().catch(() => undefined);
    if (timing.offset !== null) clock.offsets.set(origin, timing.offset);
    if (refusal?.code === 'proof_before_start') clock.earliest.set(origin, timing.created);
    else clock.earliest.delete(origin);
    ({ answer, refusal, base } = await attempt(timing.created, timing.challenge));
  }
  if (refusal !== null) {
    void answer.body?.cancel().catch(() => undefined);
    throw new SdkError('refused_by_server', refusedMessage(request, refusal, base), refusal);
  }
  return checkedForRedirect(request, answer);
}

/** 128 bits and more, as SPEC §10.3 writes a nonce. */
function randomText(): string {
  return toBase64url(globalThis.crypto.getRandomValues(new Uint8Array(18)));
}

function changed(request: PreparedRequest, expected: string, found: string): string {
  return `${request.url.origin} says that it is deployment ${found}; this app expects ${expected}.`;
}

function refusedMessage(request: PreparedRequest, refusal: Refusal, base: string): string {
  const what = `${request.method} ${request.url.origin}${request.url.pathname} was refused: ${refusal.detail || refusal.title}`;
  if (refusal.code !== 'signature_invalid' || refusal.base === null) return what;
  const difference = firstDifference(base, refusal.base);
  if (difference === null) {
    return `${what}\nBoth sides signed the same text: the private key does not belong to the key id.`;
  }
  return `${what}\nThe signed text differs first in line ${difference.line}:\n  ours:   ${difference.ours}\n  theirs: ${difference.theirs}\n`;
}

/** A proof holds for one address, and following would hand it to another: redirects are the caller's to judge. */
function checkedForRedirect(request: PreparedRequest, answer: Response): Response {
  const redirects = answer.type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(answer.status);
  if (!redirects || request.rest.redirect === 'manual') return answer;
  void answer.body?.cancel().catch(() => undefined);
  const to = answer.headers.get('location');
  throw new SdkError(
    'redirected',
    `${request.url.origin}${request.url.pathname} redirects${to === null ? '' : ` to ${to}`}.`,
  );
}
