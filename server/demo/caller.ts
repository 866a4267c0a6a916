// Requests to the customer's API: by the approved app, by copies of it, and by hand.

import { request } from 'node:http';
import { createAppWarrant } from '@appwarrant/sdk';
import { fileKeyStore } from '@appwarrant/sdk/file-key-store';
import { runToEnd } from './process.ts';

/** One request as it goes over the wire. */
export interface Captured {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** An installed app: its program, and the file with its private key. */
export interface InstalledApp {
  readonly program: string;
  readonly folder: string;
  readonly keyFile: string;
}

/** Runs the app itself. `admitted`, or the code that it was refused with. */
export async function runApp(app: InstalledApp, server: string, command: readonly string[]): Promise<string> {
  const env = { ORDERS_SERVER: server, ORDERS_KEY_FILE: app.keyFile };
  const said = await runToEnd(process.execPath, [app.program, ...command], { cwd: app.folder, env });
  if (said.code === 0) return 'admitted';
  return said.code === 3 ? (said.stderr.split(':')[0] ?? '') : `failed: ${said.stderr}`;
}

/** Two orders signed with the app's key, as somebody on the path sees them: one that arrived, and one that was held back. */
export interface Overheard {
  readonly admitted: Captured;
  readonly heldBack: Captured;
}

/** Sends one order with the sdk and has another one signed by the same client, which never arrives. */
export async function overhear(server: string, deployment: string, keyFile: string): Promise<Overheard> {
  const seen: Captured[] = [];
  let holdBack = false;
  const client = createAppWarrant({
    origin: server,
    deployment,
    keyStore: fileKeyStore(keyFile),
    fetch: async (input, init) => {
      const signed = new Request(input, init);
      seen.push(await capture(signed.clone()));
      return holdBack ? new Response('{}', { status: 201 }) : fetch(signed);
    },
  });
  const order = async (quantity: number): Promise<Captured> => {
    const body = JSON.stringify({ item: 'rope', quantity });
    const headers = { 'content-type': 'application/json' };
    await client.fetch('/orders', { method: 'POST', headers, body });
    const last = seen.at(-1);
    if (last === undefined) throw new Error('Nothing was sent.');
    return last;
  };
  const admitted = await order(3);
  holdBack = true;
  return { admitted, heldBack: await order(4) };
}

async function capture(signed: Request): Promise<Captured> {
  const { method, headers, url } = signed;
  return { method, path: new URL(url).pathname, headers: [...headers], body: await signed.text() };
}

/** Sends a request exactly as it stands. `admitted`, or the code of the refusal. */
export function send(server: string, { method, path, headers, body }: Captured): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server);
    const length = Buffer.byteLength(body);
    const raw = [...headers, ...(length === 0 ? [] : [['content-length', String(length)] as const])].flat();
    const outgoing = request(
      { hostname, port, method, path, headers: ['Host', `${hostname}:${port}`, ...raw] },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          if ((incoming.statusCode ?? 500) < 400) return resolve('admitted');
          const problem = JSON.parse(Buffer.concat(chunks).toString()) as { code?: string };
          resolve(problem.code ?? `failed: ${String(incoming.statusCode)}`);
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** A request as it was before there was AppWarrant. */
export const UNSIGNED: Captured = { method: 'GET', path: '/orders', headers: [], body: '' };
