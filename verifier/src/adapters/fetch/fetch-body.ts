import { openSha256 } from '../../crypto.ts';
import { deferred } from '../../deferred.ts';
import { drained, oneOfMany } from '../../http/drain-body.ts';
import { Refused } from '../../refused.ts';
import type { BodyLimits } from '../../http/request-body.ts';

// Bodies of Fetch requests. What a handler is given is what was hashed here: the same bytes, or the same pieces.

type Body = ReadableStream<Uint8Array>;

/**
 * Reads what comes of a refused body and throws it away, before its sender is told: else the server that has it may end the connection with
 * something unread, and with it the answer. Never rejects.
 */
export async function drainBody(request: Request): Promise<void> {
  const announced = Number(request.headers.get('content-length') ?? 0);
  // One that does not come is not looked at: servers build it then.
  const isComing = announced > 0 || request.headers.has('transfer-encoding');
  // Who asks whether to go on may wait to be asked for it, which looking at it does.
  if (!isComing || request.headers.has('expect') || announced > drained.most || request.bodyUsed) return;
  const { body } = request;
  if (body?.locked === false) await oneOfMany(() => discard(body.getReader()));
}

/** Reads on for as long as it is worth the wait. A read that is under way then is given up. */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const end = performance.now() + drained.patience;
  const timer = setTimeout(() => reader.releaseLock(), drained.patience);
  try {
    // Pieces that are there at once leave no timer its turn.
    for (let left = drained.most; left > 0 && performance.now() < end;) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.length;
    }
  } catch {
    // What fails comes to no end: the answer need not wait for it.
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Reads a body to its end, within limits. Throws `too_large`, `body_timeout`, and `body_incomplete` when it fails. What is left of a body
 * that is not read to its end is read away or cancelled.
 */
export async function readWhole(body: Body, { most, silence }: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  const last = performance.now() + 10 * silence;
  let length = 0;
  try {
    for (;;) {
      const chunk = await nextChunk(reader, silence);
      if (chunk === undefined) break;
      length += chunk.length;
      if (length > most) throw new Refused('too_large', `The body is longer than ${String(most)} bytes.`);
      if (performance.now() > last) throw tooSlow();
      chunks.push(chunk);
    }
  } catch (error) {
    if (length > most) await oneOfMany(() => discard(reader));
    // Nobody waits for it: a source that does not stop must not hold the answer.
    void reader.cancel(error).catch(() => undefined);
    throw error;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** A body that is checked as it is read, and how that ended. */
export type CheckedBody<T> = {
  readonly body: Body;
  /** Resolves with what `finish` returned; rejects with what it threw, and with `body_incomplete` where the body was not read to its end. */
  readonly checked: Promise<T>;
  /** Why the body failed, once it has: not because its reader wanted no more. */
  readonly refused: () => Refused | undefined;
};

/**
 * Hands a body on piece by piece while it is hashed. A piece follows once the next is there, and the last one, with the end, once `finish`
 * has taken the digest: when that throws, the body fails instead. So nobody ever has the whole of a body that was not signed.
 */
export function checkWhileRead<T>(
  body: Body,
  finish: (digest: Uint8Array, length: number) => T,
): CheckedBody<T> {
  const reader = body.getReader();
  const hash = openSha256();
  let length = 0;
  let held: Uint8Array | undefined;
  const { promise, resolve, reject } = promiseOf<T>();
  let refused: Refused | undefined;

  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      try {
        for (;;) {
          const chunk = await nextChunk(reader);
          const ready = held;
          if (chunk === undefined) {
            resolve(finish(hash.digest(), length));
            if (ready !== undefined) controller.enqueue(ready);
            controller.close();
            return;
          }
          // A copy: whoever made the piece may write into it again while it waits.
          held = Uint8Array.from(chunk);
          length += held.length;
          hash.update(held);
          if (ready === undefined) continue;
          controller.enqueue(ready);
          return;
        }
      } catch (error) {
        if (error instanceof Refused) refused = error;
        reject(error);
        controller.error(error);
        void reader.cancel(error).catch(() => undefined);
      }
    },
    async cancel(reason: unknown) {
      reject(cutShort());
      await reader.cancel(reason);
    },
  };
  return {
    body: new ReadableStream(source, { highWaterMark: 0 }),
    checked: promise,
    refused: () => refused,
  };
}

/** The next piece, or nothing at the end. Throws `body_incomplete`, `body_timeout`. */
async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  silence?: number,
): Promise<Uint8Array | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const silent = new Promise<never>((_resolve, reject) => {
    if (silence !== undefined) timer = setTimeout(() => reject(tooSlow()), silence);
  });
  try {
    const { done, value } = await Promise.race([reader.read(), silent]);
    if (done) return undefined;
    if (!(value instanceof Uint8Array)) throw cutShort();
    return value;
  } catch (error) {
    throw error instanceof Refused ? error : cutShort();
  } finally {
    clearTimeout(timer);
  }
}

function promiseOf<T>(): ReturnType<typeof deferred<T>> {
  const made = deferred<T>();
  // Whoever does not ask need not hear of it: the body's own end tells.
  made.promise.catch(() => undefined);
  return made;
}

function cutShort(): Refused {
  return new Refused('body_incomplete', 'The connection ended within the body.');
}

function tooSlow(): Refused {
  return new Refused('body_timeout', 'The body did not come in time.');
}
