import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomBytes } from '../crypto.ts';
import type { Admission } from '../http/admission.ts';
import { contentDigest } from '../http/digest-fields.ts';
import { drainBody } from '../http/drain-body.ts';
import { sendAnswer } from '../http/node-answer.ts';
import { carriesBody, pathOf, requireHttp1 } from '../http/node-request.ts';
import { readAndReplay } from '../http/request-body.ts';
import { readHead } from '../http/request-head.ts';
import { Refused } from '../refused.ts';
import { endInTime, fault, problemOf, refuse } from './answer.ts';
import { settle } from './decide.ts';
import { readForwarded, type Forwarded } from './forwarded.ts';
import { requirePlainConnection } from './hop-by-hop.ts';
import { identityOf, requireClearNames } from './identity.ts';
import type { Sidecar } from './sidecar.ts';

// The mode in which a proxy asks about each request, and passes it on itself: nginx auth_request, Caddy forward_auth, Traefik
// ForwardAuth, Envoy ext_authz. 200 admits; what its fields say of the sender, the proxy hands on.

/** SPEC §12: the longest body that is held in memory. */
const mostOfBody = 16 * 1024 * 1024;

/** Answers the question of a proxy. Never rejects. */
export async function answerProxy(
  sidecar: Sidecar,
  question: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let forwarded: Forwarded | undefined;
  try {
    requireHttp1(question);
    forwarded = readForwarded(question);
    const headers = identityOf(await judge(sidecar, question, response, forwarded));
    await drainBody(question, response);
    endInTime(question, response);
    if (sidecar.isEnding()) response.shouldKeepAlive = false;
    sendAnswer(response, { status: 200, headers: [...headers, ['Content-Length', '0']], body: '' });
  } catch (error) {
    if (!(error instanceof Refused)) {
      sidecar.onTrouble({ kind: 'fault', error });
      fault(response);
      return;
    }
    if (error.code === 'forwarding_malformed')
      sidecar.onTrouble({ kind: 'refused', refused: error, request: null });
    if (forwarded?.proxy === 'nginx') refuseForNginx(sidecar, response, error);
    else await refuse(sidecar, question, response, error);
  }
}

async function judge(
  sidecar: Sidecar,
  question: IncomingMessage,
  response: ServerResponse,
  { request, passesBodies, demands }: Forwarded,
): Promise<Admission | 'exempt'> {
  const { verifier, origin, exempt, bodySilence } = sidecar;
  try {
    requireClearNames(request.headers);
    requirePlainConnection(request.headers);
    if (exempt.has(pathOf(request.target)) && demands.length === 0) {
      readHead(request, origin);
      return 'exempt';
    }
  } catch (error) {
    if (error instanceof Refused) verifier.noteRefusal(request, error);
    throw error;
  }
  const pending = await verifier.checkHeadAsync(request);
  if (!passesBodies) {
    // Nothing has this digest: with a body, only a grant admits, as it admits without any proof.
    const digest = pending.hasBody ? randomBytes(32) : contentDigest(undefined);
    const admission = bodyIsUnchecked(pending.hasBody, () => pending.finish(digest));
    return settle(sidecar, { question, request, capabilities: demands }, admission);
  }
  let body: Uint8Array | undefined;
  if (pending.hasBody && carriesBody(question)) {
    try {
      if (question.headers.expect !== undefined) response.writeContinue();
      body = await readAndReplay(question, { most: mostOfBody, silence: bodySilence });
    } catch (error) {
      if (error instanceof Refused) pending.refuse?.(error);
      throw error;
    }
  }
  return settle(sidecar, { question, request, capabilities: demands }, pending.finish(contentDigest(body)));
}

/** Runs `finish`; where the digest of a body was asked for that nobody has, says that, and not that it differs. */
function bodyIsUnchecked(hasBody: boolean, finish: () => Admission): Admission {
  try {
    return finish();
  } catch (error) {
    if (!hasBody || !(error instanceof Refused) || error.code !== 'digest_mismatch') throw error;
    const { deployment, serverTime } = error.members;
    throw new Refused('body_unchecked', '', {
      ...(deployment !== undefined && { deployment }),
      ...(serverTime !== undefined && { serverTime }),
    });
  }
}

/**
 * nginx takes 401 and 403 for a no, everything else for a fault, and drops the body of the answer. So the status and the problem go in
 * fields, from which the configuration that is rendered for it makes the answer.
 */
function refuseForNginx(sidecar: Sidecar, response: ServerResponse, refused: Refused): void {
  if (sidecar.isEnding()) response.shouldKeepAlive = false;
  const { status, headers, body } = problemOf(refused);
  const problem = body.replace(
    /[^\x20-\x7e]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  sendAnswer(response, {
    status: status === 401 ? 401 : 403,
    headers: [...headers, ['AppWarrant-Status', String(status)], ['AppWarrant-Problem', problem]],
    body: '',
  });
}
