import { createServer, type Server, type ServerOptions } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type Koa from 'koa';
import type { RequestToCheck } from '../../src/http/request-head.ts';

export type Answer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
};

/** Serves on a free port of the loopback, until `await using` closes it. */
export async function listen(app: Koa, options: ServerOptions = {}) {
  const handle = app.callback();
  const server: Server = createServer(options, (request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Writes these very bytes to a new connection and gives all that comes back until the server closes it. */
export function exchange(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(text);
      else reject(error);
    });
    socket.on('close', () => resolve(text));
    for (const piece of pieces)
      socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
  });
}

/** As `exchange`, but begins to read only when all has been sent, as simple clients do. Rejects where that cannot be sent. */
export async function sendThenRead(
  port: number,
  ...pieces: readonly (string | Uint8Array)[]
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  for (const piece of pieces)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  let text = '';
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1');
  return text;
}

/** Sends a request, as it stands, on a connection of its own. */
export async function send(port: number, request: RequestToCheck): Promise<Answer> {
  const answers = parseAnswers(await exchange(port, headOf(request), request.body ?? ''));
  const [answer] = answers;
  if (answer === undefined || answers.length > 1) throw new Error(`${String(answers.length)} answers`);
  return answer;
}

/** The request line and the header fields, in their order, and the end of the head. */
export function headOf({ method, target, headers }: RequestToCheck): string {
  const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  const host = headers.some(([name]) => name.toLowerCase() === 'host') ? '' : 'Host: ris.hospital.test\r\n';
  return `${method} ${target} HTTP/1.1\r\n${host}Connection: close\r\n${fields.join('')}\r\n`;
}

/** Every answer on a connection. Bodies have a Content-Length here, or none. */
export function parseAnswers(text: string): Answer[] {
  const answers: Answer[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`torn answer: ${rest}`);
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n');
    const headers = new Map(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    answers.push({
      status: Number(line.split(' ')[1]),
      headers,
      body: rest.slice(end + 4, end + 4 + length),
    });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}
