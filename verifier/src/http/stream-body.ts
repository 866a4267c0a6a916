import type { IncomingMessage } from 'node:http';
import { openSha256 } from '../crypto.ts';
import { Refused } from '../refused.ts';

/**
 * Lets a request's reader have the body as it comes, of any length, while it is hashed: chunks pass through the request's own `push`, and
 * the end is pushed only when `finish`, called with the digest, returns. When it throws, `refuse` is called and the request is
 * destroyed with what was thrown, so that whoever reads it (a loop, a pipe, a body parser) gets an error and never the end.
 * Resolves with what `finish` returned; rejects with what it threw, or with `body_incomplete` when the connection ends before. Where the
 * whole body is there already, gives or throws the same at once. Throws `not_protected` when somebody reads already.
 */
export function checkAsItComes<T>(
  request: IncomingMessage,
  finish: (digest: Uint8Array) => T,
  refuse: (error: unknown) => void,
): T | Promise<T> {
  requireUnread(request);
  const hash = openSha256();
  let length = 0;
  const add = (chunk: Uint8Array): void => {
    length += chunk.length;
    hash.update(chunk);
  };
  const conclude = (): T => {
    if (length === 0) throw new Refused('body_incomplete', 'A body was announced and none came.');
    return finish(hash.digest());
  };

  // What came while the head was being judged. Put back in the same tick: Node announces the end of an empty stream in the next one.
  const early: Buffer[] = [];
  for (let chunk = read(request); chunk !== null; chunk = read(request)) early.push(chunk);
  early.forEach(add);
  if (early.length > 0) request.unshift(Buffer.concat(early));
  if (request.complete) return conclude();

  return new Promise<T>((resolve, reject) => {
    const push = request.push.bind(request);
    const emit = request.emit.bind(request);
    let passed = false;
    const fail = (error: unknown): void => {
      reject(error);
      refuse(error);
      destroyAlone(request, error as Error);
    };
    request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (request.destroyed) return false;
      if (chunk !== null) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : (chunk as Uint8Array);
        add(bytes);
        return push(bytes);
      }
      try {
        resolve(conclude());
        passed = true;
      } catch (error) {
        fail(error);
        return false;
      }
      return push(null);
    };
    // Should some Node bring the end past `push`, nobody hears of it.
    request.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== 'end' || passed) return emit(event, ...args);
      fail(new Refused('body_incomplete', 'The body ended where nobody had checked it.'));
      return false;
    };
    request.once('close', () => {
      reject(new Refused('body_incomplete', 'The connection ended within the body.'));
    });
  });
}

/** Throws `not_protected` where bytes may have gone to somebody else, or will come as text. */
function requireUnread(request: IncomingMessage): void {
  const { readableDidRead, readableFlowing, readableEncoding, readableEnded } = request;
  if (readableDidRead || readableFlowing === true || readableEncoding !== null || readableEnded)
    throw new Refused('not_protected', 'The body was read before protect().');
  if (request.destroyed) throw new Refused('body_incomplete', 'The connection ended within the body.');
}

function read(request: IncomingMessage): Buffer | null {
  return request.read() as Buffer | null;
}

/** Destroys a request and leaves its connection, on which the answer is still to go. */
function destroyAlone(request: IncomingMessage, error: Error): void {
  request._destroy = (reason, done) => {
    // As Node does: what nobody listens for must not end the process.
    done(request.listenerCount('error') === 0 ? null : reason);
  };
  request.destroy(error);
}
