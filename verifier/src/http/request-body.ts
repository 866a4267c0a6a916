import type { IncomingMessage } from 'node:http';
import { Refused } from '../refused.ts';

export type BodyLimits = {
  /** The longest body, in bytes; all of it is held in memory. */
  readonly most: number;
  /** How long nothing may come, in milliseconds. The whole body has ten times as long. */
  readonly silence: number;
};

/**
 * Reads a request's whole body and puts it back, so that whatever comes next (a body parser, a handler) reads the stream as
 * if nobody had. Call it only where a body was announced. Throws `too_large`, `body_incomplete`, `body_timeout`, and `not_protected`
 * when somebody has read it already, or reads it as text.
 */
export function readAndReplay(request: IncomingMessage, { most, silence }: BodyLimits): Promise<Uint8Array> {
  // A stream that has ended says nothing any more: to wait for it would hold the request for ever.
  if (request.readableEnded || request.readableEncoding !== null)
    return Promise.reject(new Refused('not_protected', 'The body was read before protect().'));
  if (request.destroyed) return Promise.reject(cutShort());
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > most) return Promise.reject(tooLarge(most));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const last = performance.now() + 10 * silence;
    let length = 0;

    const done = (settle: () => void): void => {
      clearTimeout(timer);
      request.off('readable', onReadable).off('close', onClose).off('error', onClose);
      settle();
    };
    const onClose = (): void => {
      done(() => reject(cutShort()));
    };
    const onSilence = (): void => {
      done(() => reject(new Refused('body_timeout', 'The body did not come in time.')));
    };
    const onReadable = (): void => {
      for (;;) {
        const chunk = request.read() as Buffer | null;
        if (chunk === null) break;
        length += chunk.length;
        if (length > most) {
          done(() => reject(tooLarge(most)));
          return;
        }
        chunks.push(chunk);
      }
      if (!request.complete) {
        if (performance.now() > last) onSilence();
        else timer.refresh();
        return;
      }
      if (length === 0) {
        done(() => reject(new Refused('body_incomplete', 'A body was announced and none came.')));
        return;
      }
      const [first] = chunks;
      const body = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks);
      // In the same tick as the last read: Node announces the end of a stream in the next one, and only of an empty stream.
      request.unshift(body);
      done(() => resolve(body));
    };
    const timer = setTimeout(onSilence, silence);
    request.on('readable', onReadable).on('close', onClose).on('error', onClose);
  });
}

function cutShort(): Refused {
  return new Refused('body_incomplete', 'The connection ended within the body.');
}

function tooLarge(most: number): Refused {
  return new Refused('too_large', `The body is longer than ${String(most)} bytes.`);
}
