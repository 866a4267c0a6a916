import type { IncomingMessage } from 'node:http';
import { openSha256 } from '../crypto.ts';
import { Refused } from '../refused.ts';

/** A body as it comes, piece by piece; null is its end. Rejects with `body_timeout`, `body_incomplete`. */
export type IncomingBody = { readonly next: () => Promise<Buffer | null> };

/**
 * Reads the body of a request. `silence` is how long nothing may come, in milliseconds; the whole may take ten times as long, and a
 * second more for each KiB.
 */
export function openBody(request: IncomingMessage, silence: number): IncomingBody {
  const begun = performance.now();
  let length = 0;
  let wake: (() => void) | undefined;
  const onChange = (): void => wake?.();
  // An error is seen as the end of the connection, which it is.
  request.on('readable', onChange).on('end', onChange).on('close', onChange).on('error', onChange);

  const changed = (): Promise<boolean> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), silence);
      wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });

  return {
    async next() {
      for (;;) {
        const chunk = request.read() as Buffer | null;
        if (chunk !== null) {
          length += chunk.length;
          if (performance.now() - begun > 10 * silence + length) throw tooSlow();
          return chunk;
        }
        if (request.readableEnded) return null;
        if (request.destroyed) throw new Refused('body_incomplete', 'The connection ended within the body.');
        if (!(await changed())) throw tooSlow();
        wake = undefined;
      }
    },
  };
}

function tooSlow(): Refused {
  return new Refused('body_timeout', 'The body did not come in time.');
}

/** What came of reading the beginning of a body: all of it, or as much as is held in memory. */
export type Beginning = { readonly chunks: readonly Buffer[]; readonly isWhole: boolean };

/** Reads until the end, or until `most` bytes or more are there. */
export async function readBeginning(body: IncomingBody, most: number): Promise<Beginning> {
  const chunks: Buffer[] = [];
  for (let length = 0; length <= most;) {
    const chunk = await body.next();
    if (chunk === null) return { chunks, isWhole: true };
    chunks.push(chunk);
    length += chunk.length;
  }
  return { chunks, isWhole: false };
}

/**
 * The whole body in pieces, hashed as it goes by. The last piece comes only when `conclude` has taken the digest: whoever sends it on has
 * not sent the end of it before, whether its length was announced or not. Throws what `conclude` throws, and as `next`.
 */
export async function* checkedPieces(
  { chunks }: Beginning,
  body: IncomingBody,
  conclude: (digest: Uint8Array) => void,
): AsyncGenerator<Buffer> {
  const hash = openSha256();
  for (const chunk of chunks) hash.update(chunk);
  let held: Buffer | null = Buffer.concat(chunks);
  for (let chunk = await body.next(); chunk !== null; chunk = await body.next()) {
    hash.update(chunk);
    yield held;
    held = chunk;
  }
  conclude(hash.digest());
  yield held;
}

/** A body that nobody vouches for, as it comes: of an exempt path, or under a grant. */
export async function* plainPieces(body: IncomingBody): AsyncGenerator<Buffer> {
  for (let chunk = await body.next(); chunk !== null; chunk = await body.next()) yield chunk;
}
