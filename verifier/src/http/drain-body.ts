import type { IncomingMessage } from 'node:http';
import { carriesBody } from './node-request.ts';

/** How much of a refused body is read before the answer, in bytes, and how long it is waited for, in milliseconds. */
export const drained = { most: 16 * 1024 * 1024, patience: 2000 } as const;
const { most, patience } = drained;

/**
 * Reads the rest of a body that nobody wants any more, before its sender is told. A connection that ends with something unread takes the
 * answer with it, and a proxy that is still passing the body on makes a 502 of it (nginx, Caddy), or waits for ever (Caddy 2.6, built
 * with Go 1.19). Whoever sends more than this, or more slowly, is answered all the same. Never rejects.
 */
export function drainBody(request: IncomingMessage): Promise<void> {
  const { complete, destroyed, headers } = request;
  // Who asks whether to go on has not sent it, and hears that he need not.
  const isComing = carriesBody(request) && headers.expect === undefined;
  if (complete || destroyed || !isComing || Number(headers['content-length'] ?? 0) > most)
    return Promise.resolve();
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
