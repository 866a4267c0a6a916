import { Agent, request as openRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { RawHeaders } from '../http/header-fields.ts';
import { Refused } from '../refused.ts';
import type { Address } from './address.ts';

/** What is sent to the protected server. */
type Outgoing = {
  readonly method: string;
  readonly target: string;
  /** Without framing. */
  readonly headers: RawHeaders;
  readonly body: OutgoingBody;
};

export type OutgoingBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** `length` null: chunked. What the pieces throw ends the request, whose end the server then never sees. */
  | { readonly kind: 'pieces'; readonly length: number | null; readonly pieces: AsyncIterable<Buffer> };

/** The protected server. */
export type Upstream = {
  /**
   * Sends a request, and gives the head of the answer: not before the whole body was sent. Throws `upstream_unavailable`, and what the
   * pieces of the body throw. `gone` ends it at any time.
   */
  readonly send: (outgoing: Outgoing, gone: AbortSignal) => Promise<IncomingMessage>;
  readonly close: () => void;
};

/** The longest head of an answer, in bytes. */
const mostOfHead = 96 * 1024;
/** Methods that may be sent again where a kept connection turns out to be closed (RFC 9110 §9.2.1). */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `silence`: how long the server may neither take nor answer, in milliseconds. */
export function openUpstream(address: Address, silence: number): Upstream {
  const kept = new Agent({ keepAlive: true });
  const fresh = new Agent({ keepAlive: true, maxFreeSockets: 0 });
  const where =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };

  const open = ({ method, target, headers, body }: Outgoing, agent: Agent): ClientRequest => {
    const framing: RawHeaders =
      body.kind === 'none'
        ? safe.has(method)
          ? []
          : [['Content-Length', '0']]
        : body.kind === 'whole'
          ? [['Content-Length', String(body.bytes.length)]]
          : body.length === null
            ? [['Transfer-Encoding', 'chunked']]
            : [['Content-Length', String(body.length)]];
    return openRequest({
      ...where,
      method,
      path: target,
      headers: [...headers, ...framing, ['Connection', 'keep-alive']].flat(),
      agent,
      maxHeaderSize: mostOfHead,
    });
  };

  const sendOnce = async (outgoing: Outgoing, agent: Agent, gone: AbortSignal): Promise<IncomingMessage> => {
    const request = open(outgoing, agent);
    const end = (): void => void request.destroy();
    gone.addEventListener('abort', end, { once: true });
    if (gone.aborted) end();
    request.once('close', () => gone.removeEventListener('abort', end));
    const answered = answerOf(request);
    try {
      await sendBody(request, outgoing.body, answered, silence);
      return await within(silence, answered);
    } catch (error) {
      request.destroy();
      throw error;
    }
  };

  return {
    async send(outgoing, gone) {
      const mayRepeat = outgoing.body.kind === 'none' && safe.has(outgoing.method);
      try {
        // Whatever cannot be sent twice gets a connection that nobody can have closed meanwhile.
        return await sendOnce(outgoing, mayRepeat ? kept : fresh, gone);
      } catch (error) {
        if (!(error instanceof KeptConnectionClosed)) throw error;
        return sendOnce(outgoing, fresh, gone);
      }
    },
    close: () => {
      kept.destroy();
      fresh.destroy();
    },
  };
}

/** A kept connection was closed by the server just as it was used again: nothing was answered. */
class KeptConnectionClosed extends Error {}

/** The answer, or why there is none. Never left without a listener: an early failure waits until it is asked for. */
function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', (answer: IncomingMessage) => {
      // Whoever reads it later hears of its end by itself.
      answer.on('error', () => undefined);
      resolve(answer);
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(
        isStale
          ? new KeptConnectionClosed()
          : unavailable(`It cannot be reached: ${error.code ?? 'failed'}.`),
      );
    });
    request.once('close', () => reject(unavailable('It closed the connection without an answer.')));
    // Refused upgrades never get so far; a server that switches all the same is not followed.
    request.once('upgrade', (_answer, socket) => socket.destroy());
  });
  answered.catch(() => undefined);
  return answered;
}

/** Sends the body at the server's pace. Where the server has answered and reads no more, the rest is only read, and with that checked. */
async function sendBody(
  request: ClientRequest,
  body: OutgoingBody,
  answered: Promise<IncomingMessage>,
  silence: number,
): Promise<void> {
  if (body.kind !== 'pieces') {
    request.end(body.kind === 'whole' ? body.bytes : undefined);
    return;
  }
  let hasAnswered = false;
  answered.then(
    () => (hasAnswered = true),
    () => undefined,
  );
  for await (const piece of body.pieces) {
    if (request.destroyed || request.writableEnded) {
      if (!hasAnswered) await answered;
      continue;
    }
    if (!request.write(piece) && !request.destroyed) await within(silence, drained(request));
  }
  if (!request.destroyed) request.end();
}

/** Where the answer has come already, Node tells of it on the connection alone. */
function drained(request: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const { socket } = request;
    const done = (): void => {
      request.off('drain', done).off('close', done);
      socket?.off('drain', done).off('close', done);
      resolve();
    };
    request.once('drain', done).once('close', done);
    socket?.once('drain', done).once('close', done);
  });
}

/** Throws `upstream_unavailable` as 504 where it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(unavailable(`It did not answer within ${String(milliseconds / 1000)} s.`, true)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(seen: string, isLate = false): Refused {
  return new Refused('upstream_unavailable', seen, isLate ? { timeout: true } : {});
}
