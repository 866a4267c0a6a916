import type { IncomingMessage } from 'node:http';

import { parseJson, Refused, type JsonValue } from '@appwarrant/verifier/formats';

import { Problem } from '../problem.ts';

/** The largest JSON body, in bytes, where a route does not say otherwise. */
export const MAX_BODY = 256 * 1024;

/** How long a JSON body may take to arrive, in milliseconds. */
const BODY_MS = 30_000;

const JSON_TYPE = /^application\/json\s*(;\s*charset=utf-8\s*)?$/i;

/**
 * Reads a JSON body of at most `most` bytes, strictly (SPEC §1.1: no duplicate members, nothing but safe integers).
 * @throws Problem body_type, body_too_large, body_malformed, body_cut_short
 */
export async function readJson(request: IncomingMessage, most: number): Promise<JsonValue> {
  if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new Problem('body_type', 'Send the body as application/json.');
  }
  const bytes = await readBytes(request, most);
  try {
    return parseJson(bytes, most);
  } catch (error) {
    if (error instanceof Refused) throw new Problem('body_malformed', error.message, { cause: error });
    throw error;
  }
}

async function readBytes(request: IncomingMessage, most: number): Promise<Uint8Array> {
  const tooLarge = () => new Problem('body_too_large', `The body may have at most ${most} bytes here.`);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const parts: Buffer[] = [];
  let length = 0;
  // Who sends a small body a byte at a time holds the connection for no good reason.
  const patience = setTimeout(() => request.destroy(), BODY_MS);
  try {
    // Reading ends early when it is too much; the connection has to live on for the answer.
    const bytes = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    for await (const part of bytes) {
      length += part.length;
      if (length > most) throw tooLarge();
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('body_cut_short', 'The connection ended before the whole body had arrived.', {
      cause: error,
    });
  } finally {
    clearTimeout(patience);
  }
  return Buffer.concat(parts, length);
}
