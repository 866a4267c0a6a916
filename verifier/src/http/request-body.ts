import type { IncomingMessage } from 'node:http';
import { Refused } from '../refused.ts';

/**
 * Reads a request's whole body and puts it back, so that whatever comes next (a body parser, a handler) reads the stream as
 * if nobody had: at most `most` bytes, which are held in memory. Call it only where a body was announced. Throws `too_large`,
 * `body_incomplete`, and `not_protected` when somebody has read it already.
 */
export function readAndReplay(request: IncomingMessage, most: number): Promise<Uint8Array> {
  // A stream that has ended says nothing any more: to wait for it would hold the request for ever.
  if (request.readableEnded)
    return Promise.reject(new Refused('not_protected', 'The body was read before protect().'));
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > most) return Promise.reject(tooLarge(most));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;

    const done = (settle: () => void): void => {
      request.off('readable', onReadable).off('close', onClose).off('error', onClose);
      settle();
    };
    const onClose = (): void => {
      done(() => reject(new Refused('body_incomplete', 'The connection ended within the body.')));
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
      if (!request.complete) return;
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
    request.on('readable', onReadable).on('close', onClose).on('error', onClose);
  });
}

function tooLarge(most: number): Refused {
  return new Refused('too_large', `The body is longer than ${String(most)} bytes.`);
}
