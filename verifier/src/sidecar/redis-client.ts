import { connect, type Socket } from 'node:net';
import type { RedisAddress } from './redis-address.ts';
import { createPipe, type RedisPipe } from './redis-pipe.ts';

/** One connection to Redis or Valkey, made again whenever it breaks. It is a client for `redisReplayStore`. */
export type RedisConnection = {
  /** Sends a command; gives its reply. Rejects at once where there is no connection, and with what Redis says against it. */
  readonly call: (command: string, ...args: string[]) => Promise<unknown>;
  readonly close: () => void;
};

/** How long after a connection has ended the next is tried, in milliseconds: twice as long each time, up to the last. */
const [firstPause, lastPause] = [50, 1000];

/** Connects, and goes on trying until it is closed. Throws nothing: what is wrong, every call says. */
export function connectRedis(address: RedisAddress): RedisConnection {
  const { at } = address;
  let current: Socket | undefined;
  let ready: RedisPipe | undefined;
  let isClosed = false;
  let pause = firstPause;
  let problem = 'It has not been reached yet.';
  let retry: NodeJS.Timeout | undefined;

  open();
  return {
    call: (command, ...args) =>
      ready === undefined
        ? Promise.reject(new Error(`There is no connection to Redis. ${problem}`))
        : ready.send([command, ...args]),
    close: () => {
      isClosed = true;
      clearTimeout(retry);
      current?.destroy();
    },
  };

  function open(): void {
    const socket = connect('path' in at ? { path: at.path } : { host: at.host, port: at.port });
    const pipe = createPipe(socket);
    current = socket;
    socket.setNoDelay(true);
    // Before the first byte of it is sent, so that what waits is watched from here on.
    greet(pipe, address).then(
      () => {
        ready = pipe;
        pause = firstPause;
      },
      (error: unknown) => socket.destroy(error as Error),
    );
    socket.on('error', (error) => {
      problem = error.message;
    });
    socket.on('close', () => {
      ready = undefined;
      pipe.end(new Error(`The connection to Redis has ended. ${problem}`));
      if (isClosed) return;
      retry = setTimeout(open, pause);
      pause = Math.min(2 * pause, lastPause);
    });
  }
}

/** Says who we are and which database we want, before anything else. Rejects with what Redis says against it. */
async function greet(pipe: RedisPipe, { account, database }: RedisAddress): Promise<void> {
  const greetings = [
    ...(account === null ? [] : [pipe.send(['AUTH', account.user, account.password])]),
    ...(database === 0 ? [] : [pipe.send(['SELECT', String(database)])]),
    pipe.send(['PING']),
  ];
  await Promise.all(greetings);
}
