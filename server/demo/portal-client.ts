import { request } from 'node:http';
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What came back, read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

/** The portal said no: its status, code and sentence. */
export class PortalProblem extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(`${String(status)} ${code}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}

/**
 * One person's browser, as far as the portal can tell: keeps the session cookie and names the portal as its origin.
 * `*.localhost` is unknown to Node's resolver, so the connection goes to `localhost` with the wanted Host.
 */
export interface PortalClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  upload<T>(path: string, file: string): Promise<T>;
  download(path: string): Promise<Buffer>;
}

export function createPortalClient(origin: string, pageOrigin: string = origin): PortalClient {
  const url = new URL(origin);
  let cookie: string | null = null;

  async function send(
    method: string,
    path: string,
    type: string | null,
    body: Readable | null,
    length: number,
  ) {
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = request(
        {
          host: 'localhost',
          port: url.port,
          method,
          path,
          headers: {
            host: url.host,
            ...(method === 'GET' && pageOrigin === origin ? {} : { origin: pageOrigin }),
            ...(cookie === null ? {} : { cookie }),
            ...(type === null ? {} : { 'content-type': type, 'content-length': String(length) }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('error', reject);
          incoming.once('end', () => {
            for (const line of incoming.headers['set-cookie'] ?? []) cookie = line.split(';')[0] ?? null;
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              bytes: Buffer.concat(chunks),
            });
          });
        },
      );
      outgoing.once('error', reject);
      if (body === null) outgoing.end();
      else pipeline(body, outgoing).catch(reject);
    });
  }

  function orThrow(answer: Answer): Buffer {
    if (answer.status < 400) return answer.bytes;
    const problem = JSON.parse(answer.bytes.toString()) as { code?: string; detail?: string; title?: string };
    throw new PortalProblem(answer.status, problem.code ?? 'unknown', problem.detail ?? problem.title ?? '');
  }

  async function json<T>(method: string, path: string, body: unknown): Promise<T> {
    const bytes = body === undefined ? null : Buffer.from(JSON.stringify(body));
    const stream = bytes === null ? null : Readable.from([bytes]);
    const type = bytes === null ? null : 'application/json';
    const answer = orThrow(await send(method, path, type, stream, bytes?.length ?? 0));
    return (answer.length === 0 ? null : JSON.parse(answer.toString())) as T;
  }

  return {
    get: (path) => json('GET', path, undefined),
    post: (path, body) => json('POST', path, body ?? {}),
    put: (path, body) => json('PUT', path, body),
    upload: async <T>(path: string, file: string) => {
      const size = statSync(file).size;
      const answer = orThrow(
        await send('POST', path, 'application/octet-stream', createReadStream(file), size),
      );
      return JSON.parse(answer.toString()) as T;
    },
    download: async (path) => orThrow(await send('GET', path, null, null, 0)),
  };
}
