import type { IncomingMessage } from 'node:http';
import { endConnection } from './end-connection.ts';
import { carriesBody } from './node-request.ts';

/** How long a sender has to hear the answer and to stop, or to send the rest: milliseconds. */
const patience = 5000;

/**
 * For a request that is answered before its body has come: the rest is read and thrown away, and after a while the connection is cut.
 * A connection that is closed at once, with something unread, takes the answer with it. Nor should the answer announce the close: Go's
 * server (Caddy 2.6, built with Go 1.19) sometimes keeps its client waiting for ever where a server behind it closes while the body is
 * still being passed on.
 */
export function abandonBody(request: IncomingMessage): void {
  if (request.complete || !carriesBody(request)) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), patience).unref();
  request.once('close', () => clearTimeout(timer));
  request.on('error', () => undefined);
  // A client that asked for it gets a connection that closes: Node would close it at once.
  socket.destroySoon = () => endConnection(socket, '');
  // Whoever has begun to read by this event would keep the rest from flowing.
  request.removeAllListeners('readable');
  request.resume();
}
