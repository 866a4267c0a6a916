import type { IncomingMessage, ServerResponse } from 'node:http';
import { carriesBody } from './node-request.ts';

/** How much of a refused body is read before the answer, in bytes, and how long it is waited for, in milliseconds. */
export const drained = { most: 16 * 1024 * 1024, patience: 2000 } as const;
const { most, patience } = drained;
/** How many may be waited for at once: beyond, senders are told at once. */
const mostAtOnce = 1024;
let atOnce = 0;

/** After these nothing more is to come, or nobody knows where the message ends: nothing is read, and the connection ends. */
export const endsConnection: ReadonlySet<string> = new Set(['body_timeout', 'framing_ambiguous']);

/** Does what waits for a sender, unless too many are waited for. */
export async function oneOfMany(wait: () => Promise<void>): Promise<void> {
  if (atOnce >= mostAtOnce) return;
  atOnce += 1;
  try {
    await wait();
  } finally {
    atOnce -= 1;
  }
}

/**
 * Reads the rest of a body that nobody wants any more, before its sender is told. A connection that ends with something unread takes the
 * answer with it, and a proxy that is still passing the body on makes a 502 of it (nginx, Caddy), or waits for ever (Caddy 2.6, built
 * with Go 1.19). Whoever sends more than this, or more slowly, is answered all the same. Never rejects.
 */
export async function drainBody(
  request: IncomingMessage,
  response: ServerResponse & { _sent100?: boolean },
): Promise<void> {
  const { complete, destroyed, headers, httpVersionMajor, readableFlowing } = request;
  // Who asks whether to go on, and was not told to, has not sent it. Streams of HTTP/2 end without harm to others.
  const isOwed = headers.expect !== undefined && response._sent100 !== true;
  const isComing = carriesBody(request) && !isOwed && httpVersionMajor === 1;
  const isTooLong = Number(headers['content-length'] ?? 0) > most;
  // Where it flows already, somebody else reads it.
  if (complete || destroyed || !isComing || isTooLong || readableFlowing === true) return;
  await oneOfMany(() => readOn(request));
}

function readOn(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = most;
    const done = (): void => {
      clearTimeout(timer);
      request.off('data', onData).off('end', done).off('close', done);
      resolve();
    };
    const onData = (chunk: Buffer | string): void => {
      left -= chunk.length;
      if (left < 0) done();
    };
    const timer = setTimeout(done, patience);
    // An error is seen as the end of the connection, which it is.
    request
      .on('data', onData)
      .on('end', done)
      .on('close', done)
      .on('error', () => undefined);
    // Whoever has begun to read by this event would keep the rest from flowing.
    request.removeAllListeners('readable');
    request.resume();
  });
}
