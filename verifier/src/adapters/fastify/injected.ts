import type { IncomingMessage } from 'node:http';
import { carriesBody } from '../../http/node-request.ts';

/**
 * Lets a request that never was on a wire (Fastify's `inject`, for tests) say when its body is whole, as Node's requests do. A request
 * that says so itself is left as it is.
 */
export function completeInjected(request: IncomingMessage): void {
  if (typeof request.complete === 'boolean') return;
  const push = request.push.bind(request);
  request.complete = !carriesBody(request);
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null) request.complete = true;
    return push(chunk, encoding);
  };
}
