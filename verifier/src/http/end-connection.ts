import type { Duplex } from 'node:stream';

/** How long a sender has to read an answer and to end his half of the connection: milliseconds. */
const patience = 2000;

/**
 * Writes the last thing on a connection that no server looks after any more, and ends it. What still comes is thrown away, because a
 * connection that is closed with something unread takes the answer with it; whoever does not end his half is not waited for.
 */
export function endConnection(socket: Duplex, text: string): void {
  const timer = setTimeout(() => socket.destroy(), patience);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', () => socket.destroy());
  socket.end(text);
  socket.resume();
}
