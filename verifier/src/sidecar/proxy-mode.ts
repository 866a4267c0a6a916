import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { HeadAdmission } from '../http/admission.ts';
import { accessHeaders, isPreflight, preflightHeaders } from '../http/browser-access.ts';
import type { PendingAdmission } from '../http/check.ts';
import { contentDigest } from '../http/digest-fields.ts';
import type { RawHeaders } from '../http/header-fields.ts';
import { sendAnswer } from '../http/node-answer.ts';
import { carriesBody, headOf, pairsOf, pathOf, requireHttp1 } from '../http/node-request.ts';
import { readHead, type RequestToCheck } from '../http/request-head.ts';
import { Refused } from '../refused.ts';
import { fault, refuse } from './answer.ts';
import { demandOf, settle } from './decide.ts';
import { requiredBy, withAddress } from './forwarded.ts';
import { forClient, forUpstream, requirePlainConnection } from './hop-by-hop.ts';
import { identityOf, requireClearNames } from './identity.ts';
import { checkedPieces, openBody, plainPieces, readBeginning } from './incoming-body.ts';
import type { Sidecar } from './sidecar.ts';
import type { OutgoingBody, Upstream } from './upstream.ts';

// The mode in which requests go through this program to the server. Bodies are hashed on their way: a short one before the server sees
// anything of the request, a longer one as it goes by, and its last piece is not sent before the digest agrees.

/** Bodies up to this many bytes are checked whole before the server hears of them. */
const mostHeld = 1024 * 1024;

/** What is passed on, once it is known. */
type Passed = { readonly admission: HeadAdmission | 'exempt'; readonly body: OutgoingBody };

/** Serves a request. Never rejects. */
export async function passOn(
  sidecar: Sidecar,
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const access = accessHeaders(request.headers, sidecar.browserOrigins);
  const asked = withAddress(headOf(request, request.url ?? ''));
  try {
    requireHttp1(request);
    if (isPreflight(request.method, request.headers)) {
      const headers = [...access, ...preflightHeaders(request.headers, sidecar.browserOrigins)];
      sendAnswer(response, { status: 204, headers, body: '' });
      return;
    }
    const { admission, body } = await judge(sidecar, request, response, asked);
    const headers = forUpstream(withHost(asked.headers, sidecar), identityOf(admission));
    const outgoing = { method: asked.method, target: asked.target, headers, body };
    const answer = await upstream.send(outgoing, gone.signal);
    if (sidecar.isEnding()) response.shouldKeepAlive = false;
    await relay(answer, response);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof Refused)) {
      sidecar.onTrouble({ kind: 'fault', error });
      fault(response);
      return;
    }
    if (error.code === 'upstream_unavailable')
      sidecar.onTrouble({ kind: 'refused', refused: error, request: asked });
    await refuse(sidecar, request, response, error, access);
  }
}

async function judge(
  sidecar: Sidecar,
  request: IncomingMessage,
  response: ServerResponse,
  asked: RequestToCheck,
): Promise<Passed> {
  const { verifier, origin, exempt, bodySilence } = sidecar;
  let capabilities: readonly string[];
  try {
    requireClearNames(asked.headers);
    requirePlainConnection(asked.headers);
    capabilities = requiredBy(asked.headers);
    if (exempt.has(pathOf(asked.target)) && capabilities.length === 0) {
      readHead(asked, origin);
      return { admission: 'exempt', body: unchecked(request, response, bodySilence) };
    }
  } catch (error) {
    if (error instanceof Refused) verifier.noteRefusal(asked, error);
    throw error;
  }
  const pending = await verifier.checkHeadAsync(asked);
  const about = { question: request, request: asked, capabilities };
  if (!pending.hasBody || !carriesBody(request)) {
    const admission = settle(sidecar, about, pending.finish(contentDigest(undefined)));
    return { admission, body: unchecked(request, response, bodySilence) };
  }
  return giveUpWith(pending, async () => {
    // Whoever lacks a capability hears of it before he has sent the body.
    const head = demandOf(request, pending.proved(), capabilities);
    if (request.headers.expect !== undefined) response.writeContinue();
    const body = openBody(request, bodySilence);
    const beginning = await readBeginning(body, mostHeld);
    if (beginning.isWhole) {
      const bytes = Buffer.concat(beginning.chunks);
      const admission = settle(sidecar, about, pending.finish(contentDigest(bytes)));
      return { admission, body: { kind: 'whole', bytes } };
    }
    const pieces = checkedPieces(
      beginning,
      body,
      (digest) => void settle(sidecar, about, pending.finish(digest)),
    );
    return { admission: head, body: { kind: 'pieces', length: lengthOf(request), pieces } };
  });
}

/** Tells those who watch of a refusal that comes before the body could be judged. */
async function giveUpWith<T>(
  pending: PendingAdmission & { readonly refuse?: (refused: Refused) => void },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Where the end has been judged already, this says nothing new.
    if (error instanceof Refused) pending.refuse?.(error);
    throw error;
  }
}

/** A body of which nobody knows what it should be: of an exempt path, or of a request that a grant alone admits. */
function unchecked(request: IncomingMessage, response: ServerResponse, silence: number): OutgoingBody {
  if (!carriesBody(request)) return { kind: 'none' };
  if (request.headers.expect !== undefined) response.writeContinue();
  return { kind: 'pieces', length: lengthOf(request), pieces: plainPieces(openBody(request, silence)) };
}

function lengthOf({ headers }: IncomingMessage): number | null {
  return headers['content-length'] === undefined ? null : Number(headers['content-length']);
}

/** HTTP/1.0 need not name a host; the server is spoken to in HTTP/1.1, which must. */
function withHost(headers: RawHeaders, { origin }: Sidecar): RawHeaders {
  if (headers.some(([name]) => name.toLowerCase() === 'host')) return headers;
  return [['Host', new URL(origin).host], ...headers];
}

/** Gives the server's answer to the client as it comes. Where it breaks off, so does this one. */
async function relay(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const headers = forClient(pairsOf(answer.rawHeaders));
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', headers.flat());
  try {
    await pipeline(answer, response, { end: false });
    response.addTrailers(pairsOf(answer.rawTrailers) as [string, string][]);
    response.end();
  } catch {
    response.destroy();
  }
}
