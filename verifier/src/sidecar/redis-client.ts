import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
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

/** How it is connected, beyond the address. */
export type ConnectOptions = {
  /** What TLS is spoken with, where the address asks for it; without it, with the authorities that Node knows. */
  readonly secure?: SecureContext | null;
  /** Hears why there is no connection, whenever the reason is a new one, and null when there is one again. */
  readonly onChange?: (problem: string | null) => void;
};

/** Connects, and goes on trying until it is closed. Throws nothing: what is wrong, every call says. */
export function connectRedis(
  address: RedisAddress,
  { secure = null, onChange = () => undefined }: ConnectOptions = {},
): RedisConnection {
  let current: Socket | undefined;
  let ready: RedisPipe | undefined;
  let isClosed = false;
  let pause = firstPause;
  let problem = 'It has not been reached yet.';
  let said: string | null | undefined;
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
    const socket = openSocket(address, secure);
    let since = Infinity;
    const pipe = createPipe(socket);
    current = socket;
    socket.setNoDelay(true);
    // Before the first byte of it is sent, so that what waits is watched from here on.
    greet(pipe, address).then(
      () => {
        ready = pipe;
        since = performance.now();
        problem = 'The server has ended it.';
        say(null);
      },
      (error: unknown) => socket.destroy(error as Error),
    );
    socket.on('error', (error) => {
      problem = ready !== pipe && isReset(error) ? `${error.message}${whyReset(address)}` : error.message;
    });
    socket.on('close', () => {
      ready = undefined;
      pipe.end(new Error(`The connection to Redis has ended. ${problem}`));
      if (isClosed) return;
      say(problem);
      // Whoever greets and ends it again is not asked as fast as one that was there.
      if (performance.now() - since > lastPause) pause = firstPause;
      retry = setTimeout(open, pause);
      pause = Math.min(2 * pause, lastPause);
    });
  }

  function say(what: string | null): void {
    if (what === said) return;
    said = what;
    onChange(what);
  }
}

function isReset(error: Error): boolean {
  return 'code' in error && error.code === 'ECONNRESET';
}

/** Servers that ask for a certificate and get none end the connection, often before they could say why. */
function whyReset({ at }: RedisAddress): string {
  return 'tls' in at && at.tls ? '; a server that asks for a certificate may end it so (--redis-cert)' : '';
}

/** Nothing of the environment makes it speak with a server whose certificate is not the right one. */
function openSocket({ at }: RedisAddress, secure: SecureContext | null): Socket {
  if ('path' in at) return connect(at.path);
  const { host, port, tls } = at;
  if (!tls) return connect({ host, port });
  // A name goes along in the clear, so that a server with many knows which is asked; an address has no place there.
  const name = isIP(host) === 0 ? { servername: host } : {};
  const given = secure === null ? {} : { secureContext: secure };
  return connectTls({ host, port, rejectUnauthorized: true, ...name, ...given });
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
