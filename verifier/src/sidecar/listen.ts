import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { endConnection } from '../http/end-connection.ts';
import { answerTo } from '../http/problem.ts';
import type { ReasonCode } from '../reasons.ts';
import { Refused } from '../refused.ts';
import { textOf, type Address } from './address.ts';
import { Unusable } from './unusable.ts';
import { claimPlace, takePlace } from './unix-socket.ts';

/** Something that listens. */
export type Listener = {
  /** Where, as it is written; with the port that was free, where 0 was asked for. */
  readonly at: string;
  /** Takes no more connections, and removes the socket from its place. Resolves when the last connection has ended. */
  readonly close: () => Promise<void>;
  /** Ends every connection, whatever it is about. */
  readonly drop: () => void;
};

/** The longest head: SPEC §12's 64 KiB of fields, its target, and what proxies add, in bytes. Beyond, Node's parser ends the connection. */
const mostOfHead = 96 * 1024;
/** How long a head may take, and how long a connection may be silent between two requests: milliseconds. */
const headersTimeout = 15_000;
const keepAliveTimeout = 75_000;

/** How long a new connection may take to ask, once it was told to stop: milliseconds. */
const patienceWithNew = 1000;

export type Handlers = {
  readonly onRequest: RequestListener;
  /** Hears of what the parser refused before there was a request. */
  readonly onUnreadable: (refused: Refused) => void;
};

/** Starts to listen. Throws `Unusable`. */
export async function listenAt(address: Address, { onRequest, onUnreadable }: Handlers): Promise<Listener> {
  const server = createServer(
    {
      maxHeaderSize: mostOfHead,
      insecureHTTPParser: false,
      headersTimeout,
      keepAliveTimeout,
      requestTimeout: 0,
    },
    onRequest,
  );
  // Only what has passed is asked to send its body.
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  // Node's own list of connections does not have those that it has handed out.
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  const drop = (): void => {
    for (const socket of connections) socket.destroy();
  };
  const latest = new WeakMap<Socket, ServerResponse>();
  let isClosing = false;
  server.prependListener('request', (request, response) => {
    const { socket } = request;
    latest.set(socket, response);
    response.once('close', () => {
      if (isClosing && latest.get(socket) === response) socket.destroySoon();
    });
  });
  const close = (): Promise<void> => {
    isClosing = true;
    const over = new Promise<void>((resolve) => void server.close(() => resolve()));
    // The others end with their answers; one that is new may be about to ask.
    const endIdle = (isIdle: (last: ServerResponse | undefined) => boolean): void => {
      for (const socket of connections) if (isIdle(latest.get(socket))) socket.destroySoon();
    };
    endIdle((last) => last?.closed === true);
    setTimeout(() => endIdle((last) => last?.closed !== false), patienceWithNew).unref();
    return over;
  };
  server.on('clientError', (error: Error, socket: Socket) => {
    const response = latest.get(socket);
    // What is left of a body whose request was answered concerns nobody.
    if (response?.req.complete === false && response.writableEnded) {
      socket.destroy();
      return;
    }
    const refused = refusalOf(error);
    onUnreadable(refused);
    const end = (): void =>
      socket.writable ? endConnection(socket, rawAnswer(refused)) : void socket.destroy();
    // What cannot be read may come behind a request that is being answered: that answer goes first.
    if (response?.req.complete === true && !response.closed) response.once('close', end);
    else if (response?.req.complete === false && response.headersSent) socket.destroy();
    else end();
  });
  server.on('connect', (_request, socket) => {
    const refused = new Refused('method_malformed', 'CONNECT is for proxies.');
    onUnreadable(refused);
    endConnection(socket, rawAnswer(refused));
  });

  if (address.kind === 'tcp') {
    await start(server, address, () => server.listen(address.port, address.host));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
    return { at: textOf({ ...address, port }), drop, close };
  }
  const place = await claimPlace(address.path);
  await start(server, address, () => server.listen(place.temporary));
  const leave = takePlace(place);
  return {
    at: textOf(address),
    drop,
    close: () => {
      leave();
      return close();
    },
  };
}

const sentenceOf: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'somebody listens there already (ss -ltnp says who)'],
  ['EACCES', 'this user may not listen there'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
]);

function start(server: Server, address: Address, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const why = error.code ?? error.message;
      reject(new Unusable(`It cannot listen at ${textOf(address)}: ${sentenceOf.get(why) ?? why}.`));
    };
    server.once('error', fail);
    server.once('listening', () => {
      server.off('error', fail);
      resolve();
    });
    listen();
  });
}

/** What the parser found, as one of the codes: it speaks HTTP/1 strictly, and reads no request that could be read in two ways. */
function refusalOf(error: Error): Refused {
  const code = 'code' in error ? String(error.code) : '';
  const [reason, seen] =
    parserSays.get(code) ?? (['header_malformed', 'The request is no HTTP/1.1.'] as const);
  return new Refused(reason, seen);
}

const parserSays: ReadonlyMap<string, readonly [ReasonCode, string]> = new Map([
  ['HPE_HEADER_OVERFLOW', ['too_large', 'The header fields are longer than 64 KiB together.']],
  ['HPE_INVALID_METHOD', ['method_malformed', '']],
  ['HPE_INVALID_URL', ['target_malformed', '']],
  ['HPE_INVALID_CONTENT_LENGTH', ['framing_ambiguous', '']],
  ['HPE_UNEXPECTED_CONTENT_LENGTH', ['framing_ambiguous', '']],
  ['HPE_INVALID_TRANSFER_ENCODING', ['framing_ambiguous', '']],
  ['HPE_INVALID_CHUNK_SIZE', ['framing_ambiguous', 'The chunks of the body cannot be told apart.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', ['too_large', 'The chunk extensions are too long.']],
  ['HPE_CLOSED_CONNECTION', ['framing_ambiguous', 'More came behind the last request.']],
  ['HPE_INVALID_EOF_STATE', ['body_incomplete', 'The connection ended within the request.']],
  ['HPE_INVALID_VERSION', ['protocol_unsupported', '']],
  ['HPE_PAUSED_H2_UPGRADE', ['protocol_unsupported', 'This is HTTP/2.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', ['body_timeout', 'The head of the request did not come to its end.']],
]);

function rawAnswer(refused: Refused): string {
  const { status, headers, body } = answerTo(refused);
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${String(status)} ${refused.title}\r\n${fields}Connection: close\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`;
}
