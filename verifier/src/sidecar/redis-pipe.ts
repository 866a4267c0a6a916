import type { Socket } from 'node:net';
import { createRespReader, RespError, writeCommand, type Reply } from './resp.ts';

/** Commands and their replies over one socket: replies come in the order of the commands. */
export type RedisPipe = {
  readonly send: (parts: readonly string[]) => Promise<Reply>;
  /** The socket has ended: nobody will be answered any more. */
  readonly end: (why: Error) => void;
};

/** How long a command may wait, in milliseconds: then the connection is taken for dead. */
const longest = 2000;

type Waiting = {
  readonly since: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
};

/** Talks over a socket, and destroys it where it is silent or talks nonsense. */
export function createPipe(socket: Socket): RedisPipe {
  const waiting: Waiting[] = [];
  const reader = createRespReader();
  let watch: NodeJS.Timeout | undefined;

  socket.on('data', (piece: Buffer) => {
    try {
      for (const reply of reader.push(piece)) answer(reply);
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
  return {
    send: (parts) =>
      new Promise((resolve, reject) => {
        waiting.push({ since: performance.now(), resolve, reject });
        watch ??= setTimeout(look, longest);
        socket.write(writeCommand(parts));
      }),
    end(why) {
      clearTimeout(watch);
      for (const { reject } of waiting.splice(0)) reject(why);
    },
  };

  function answer(reply: Reply): void {
    const first = waiting.shift();
    if (first === undefined) throw new Error('Redis answers what nobody asked.');
    if (reply instanceof RespError) first.reject(reply);
    else first.resolve(reply);
  }

  /** One timer for all: it comes back when the command that waits longest could have waited too long. */
  function look(): void {
    watch = undefined;
    const [first] = waiting;
    if (first === undefined) return;
    const left = first.since + longest - performance.now();
    if (left <= 0) socket.destroy(new Error('Redis does not answer.'));
    else watch = setTimeout(look, left);
  }
}
